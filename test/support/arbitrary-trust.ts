import fc from "fast-check";
import type { Observation, UpdateReported } from "../../src/core/trust/observation.js";
import {
  DEFAULT_TRUST_RULES,
  exclusionBelow,
  reductionBelow,
  type TrustRules,
} from "../../src/core/trust/trust-rules.js";
import { closed, opened, pardoned, registered, updated, violated } from "./trust-observations.js";

const CLIENTS = ["a", "b", "c", "d", "e", "f"];

/** Stricter ones beside the documented, so that short logs exclude, guard and return. */
const RULES: readonly TrustRules[] = [
  DEFAULT_TRUST_RULES,
  {
    ...DEFAULT_TRUST_RULES,
    hash: "strict",
    exclusions: [exclusionBelow(0.45, { roundsIn: 1, dwellRounds: 1, roundsOut: 1, exit: 0.45 })],
    minCohort: 3,
  },
  {
    ...DEFAULT_TRUST_RULES,
    hash: "conditions",
    exclusions: [
      {
        condition: {
          kind: "condition",
          holds: ({ factors, roundsObserved }) =>
            (factors[1]?.value ?? 0) < 0.4 && roundsObserved > 1,
        },
        roundsIn: 2,
        roundsOut: 2,
        dwellRounds: 2,
      },
    ],
    reductions: [reductionBelow(0.7, 0.25), reductionBelow(0.55, 0.1)],
    minCohort: 2,
  },
];

export function rulesOf(hash: string): TrustRules | undefined {
  return RULES.find((rules) => rules.hash === hash);
}

/** An observation, and the trust rules in force when it was written to the log. */
export interface LogEntry {
  readonly observation: Observation;
  readonly rules: TrustRules;
}

const ratio = fc.constantFrom(-1, -0.5, 0, 0.05, 0.1, 0.2, 1, 1.5);
const norm = fc.constantFrom(0, 0.1, 0.4, 1, 1.2, 3, 7);
const report = fc.record(
  {
    outcome: fc.constantFrom(
      "COMPLETED",
      "COMPLETED",
      "COMPLETED",
      "LATE",
      "DROPPED",
      "FAILED",
      "DECLINED",
    ),
    alignmentRatio: ratio,
    normRatio: norm,
    maxPairwise: fc.constantFrom(0.5, 0.95, 1),
  },
  { requiredKeys: ["outcome"] },
) satisfies fc.Arbitrary<Partial<UpdateReported>>;

/** Mostly as its client is: half of the clients flip, so that there is something to find. */
const ofClient = fc.record({
  extra: fc.option(report, { freq: 5 }),
  second: fc.option(report, { freq: 8 }),
  violation: fc.option(fc.constantFrom("LOW", "MEDIUM", "HIGH", "CRITICAL"), { freq: 15 }),
  selected: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
});

const between = fc.option(
  fc.oneof(
    fc.constantFrom(...CLIENTS).map((client) => pardoned(client)),
    fc
      .tuple(
        fc.constantFrom(...CLIENTS),
        fc.constantFrom("k1", "k2", "k3", "k4"),
        fc.constantFrom("", "alice"),
      )
      .map(([client, key, owner]) =>
        registered(client, key, { owner, reporter: `${client} ${key}` }),
      ),
  ),
  { freq: 12 },
);

const round = fc.record({
  runId: fc.constantFrom("run", "run", "other"),
  clients: fc.array(ofClient, { minLength: CLIENTS.length, maxLength: CLIENTS.length }),
  rules: fc.constantFrom(...RULES),
  between,
  /** Opened before the one before it is closed. */
  overlaps: fc.boolean(),
});

export interface WrittenFederation {
  readonly flips: readonly boolean[];
  readonly rounds: readonly (typeof round extends fc.Arbitrary<infer Round> ? Round : never)[];
}

/** Federations of six clients in two runs: outcomes of all kinds, two reporters, registrations, pardons. */
export const federations: fc.Arbitrary<WrittenFederation> = fc.record({
  flips: fc.array(fc.boolean(), { minLength: CLIENTS.length, maxLength: CLIENTS.length }),
  rounds: fc.array(round, { minLength: 1, maxLength: 24, size: "max" }),
});

/** The log as it is when everything is told in its round. */
export function logOf({ flips, rounds }: WrittenFederation): LogEntry[] {
  const numbers = new Map<string, number>();
  const log: LogEntry[] = [];
  for (const { runId, clients, rules, between: event, overlaps } of rounds) {
    const number = (numbers.get(runId) ?? 0) + 1;
    numbers.set(runId, number);
    const at = { runId, round: number };
    const selected = CLIENTS.filter((_, index) => clients[index]?.selected);
    const open = { observation: opened(selected, at), rules };
    const last = log.at(-1);
    if (overlaps && last?.observation.kind === "round_closed") log.splice(-1, 1, open, last);
    else log.push(open);
    if (event) log.push({ observation: event, rules });
    for (const [index, client] of CLIENTS.entries()) {
      const told = clients[index];
      if (told?.selected !== true) continue;
      const usual = flips[index] === true ? { alignmentRatio: -0.8 } : {};
      log.push({ observation: updated(client, { ...at, ...usual, ...told.extra }), rules });
      if (told.second) {
        const second = { ...at, ...told.second, reporter: "second" };
        log.push({ observation: updated(client, second), rules });
      }
      if (told.violation) {
        log.push({ observation: violated(client, told.violation, at), rules });
      }
    }
    log.push({ observation: closed(at), rules });
  }
  return log;
}

/**
 * The same log with every piece of evidence anywhere between the opening of its round and the close of
 * the third round of its run after it.
 *
 * @param places - Where, each from 0 to 1; used again from the start when there are too few.
 */
export function delivered(log: readonly LogEntry[], places: readonly number[]): LogEntry[] {
  const frame = log.filter(({ observation }) => !isEvidence(observation));
  const after = frame.map((): LogEntry[] => []);
  let next = 0;
  for (const entry of log) {
    const { observation } = entry;
    if (!isEvidence(observation)) continue;
    const { runId, round: number } = observation;
    const first = frame.findIndex((one) => isOf(one, "round_opened", runId, number));
    const over = frame.findIndex((one) => isOf(one, "round_closed", runId, number + 3));
    const last = (over < 0 ? frame.length : over) - 1;
    const place = places[next % places.length] ?? 0;
    next += 1;
    after[first + Math.min(last - first, Math.floor(place * (last - first + 1)))]?.push(entry);
  }
  return frame.flatMap((entry, index) => [entry, ...(after[index] ?? [])]);
}

export const placesOfDelivery = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

function isEvidence(
  observation: Observation,
): observation is Extract<Observation, { kind: "update_reported" | "violation" }> {
  return observation.kind === "update_reported" || observation.kind === "violation";
}

function isOf(
  { observation }: LogEntry,
  kind: "round_opened" | "round_closed",
  runId: string,
  number: number,
): boolean {
  return observation.kind === kind && observation.runId === runId && observation.round === number;
}
