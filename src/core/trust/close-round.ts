import { trustScore } from "./accumulator.js";
import type { ClientRecord } from "./client-record.js";
import type { ClientStates } from "./client-states.js";
import { arrived, type RoundEvidence, takeEvidence } from "./evidence.js";
import type { EvaluatedRound } from "./fold-step.js";
import type { RoundBook, RoundFacts } from "./round-book.js";
import type { TrustState } from "./trust-reading.js";
import type { TrustRules } from "./trust-rules.js";
import { excludeClient, stepDwell, stepState } from "./trust-state.js";

/** What the close of a round made of one client. */
export interface Evaluation {
  readonly before: TrustState;
  /** To be excluded, unless too few would be left. */
  readonly wished: boolean;
  /** Admitted, also if everybody is excluded that is to be. */
  readonly remains: boolean;
  /** Whether its fall began, or ended, to be one to tell of. */
  readonly alert: "raised" | "resolved" | undefined;
}

export interface Evaluated extends Evaluation {
  readonly client: number;
  readonly after: TrustState;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Clients between two steps: some tenths of a millisecond. */
const CLIENTS_AT_ONCE = 128;

/**
 * Evaluates a round, once, after all its evidence. Finds the same again when it is given the same states
 * and evidence, and keeps in `book.facts` what a refold of one client has to know of the others. Nobody
 * may read `states` before the last step.
 *
 * @returns Selected clients, then those not selected whose exclusion ended.
 */
export function* closeRoundSteps(
  states: ClientStates,
  book: RoundBook,
): Generator<void, readonly Evaluated[]> {
  const at = placeOfRound(states, book);
  const { run, round } = at;
  const waiting = [...states.excluded].filter((client) => states.wasSelected(run, client));
  const selected = states.selectedIn(run);
  const evaluated: Mutable<Evaluated>[] = [];
  const note = (client: number, { before, wished, remains, alert }: Evaluation): void => {
    evaluated.push({ client, before, wished, remains, alert, after: before });
  };
  const places = yield* placesOfClients(states, book);
  for (const { client, evidence } of evidenceByClient(book, places)) {
    selected.add(client);
    note(client, evaluateClient(states, states.recordToWrite(client), at, evidence));
    if (evaluated.length % CLIENTS_AT_ONCE === 0) yield;
  }
  const count = evaluated.length;
  for (const [index, client] of waiting.entries()) {
    if (index % CLIENTS_AT_ONCE === 0) yield;
    const record = states.recordToWrite(client);
    if (record.run === run && record.round === round) continue;
    const evaluation = waitOut(record, at);
    if (evaluation) note(client, evaluation);
  }
  weigh(book, evaluated, count);
  for (const [index, one] of evaluated.entries()) {
    if (index % CLIENTS_AT_ONCE === 0) yield;
    const record = states.recordToWrite(one.client);
    if (one.wished && !book.facts.guarded) excludeClient(record, book.rules);
    states.noteState(one.client, record);
    one.after = record.state;
    if (index < count && isNotable(one.before, one.after)) book.facts.changed += 1;
  }
  return evaluated;
}

/** Where a round stands: its run by number, and the rules at its close. */
export interface RoundAt {
  readonly rules: TrustRules;
  readonly run: number;
  readonly round: number;
}

export function placeOfRound({ names }: ClientStates, { rules, data }: RoundBook): RoundAt {
  return { rules, run: names.runs.numberOf(data.runId), round: data.round };
}

/** One selected client: evidence, score, state, except that nobody is excluded yet. */
export function evaluateClient(
  states: ClientStates,
  record: ClientRecord,
  { rules, run, round }: RoundAt,
  evidence: RoundEvidence,
): Evaluation {
  const { model } = states;
  const before = record.state;
  if (takeEvidence(record, evidence, model)) {
    record.roundsObserved += 1;
    record.evidenceTimeMs = evidence.timeMs;
  }
  const critical = evidence.violations.includes("CRITICAL");
  if (critical && before !== "EXCLUDED") record.mustExclude = true;
  record.addScore(trustScore(record, model));
  record.run = run;
  record.round = round;
  const wished = stepState(record, {
    rules,
    model,
    arrived: arrived(evidence.outcome),
    reading: () => states.readRecord(record, ""),
  });
  if (record.state === "EXCLUDED") {
    if (critical) record.roundsAboveExclusion = 0;
    stepDwell(record, rules);
  }
  const remains = !wished && record.state !== "EXCLUDED";
  return { before, wished, remains, alert: stepAlert(record, states) };
}

/** An excluded client that this round of its run did not select. */
export function waitOut(
  record: ClientRecord,
  { rules, run, round }: RoundAt,
): Evaluation | undefined {
  stepDwell(record, rules);
  if (record.state === "EXCLUDED") return undefined;
  record.run = run;
  record.round = round;
  return { before: "EXCLUDED", wished: false, remains: true, alert: undefined };
}

function stepAlert(record: ClientRecord, { model }: ClientStates): Evaluation["alert"] {
  const { dropAlertBelow, dropRearmAbove } = model.parameters;
  if (!record.alerted && record.change < dropAlertBelow) {
    record.alerted = true;
    return "raised";
  }
  if (record.alerted && record.change > dropRearmAbove) {
    record.alerted = false;
    return "resolved";
  }
  return undefined;
}

/** The places of each selected client in the book; undefined where every id is a client of its own. */
function* placesOfClients(
  { identities }: ClientStates,
  book: RoundBook,
): Generator<void, ReadonlyMap<number, readonly number[]> | undefined> {
  if (!identities.hasAliases) return undefined;
  const places = new Map<number, number[]>();
  for (let place = 0; place < book.size; place += 1) {
    if (place % CLIENTS_AT_ONCE === 0) yield;
    const client = identities.clientOf(book.memberAt(place));
    const known = places.get(client);
    if (known) known.push(place);
    else places.set(client, [place]);
  }
  return places;
}

/** The evidence of every selected client, each once. */
function* evidenceByClient(
  book: RoundBook,
  places: ReadonlyMap<number, readonly number[]> | undefined,
): Generator<{ readonly client: number; readonly evidence: RoundEvidence }> {
  if (places) {
    for (const [client, own] of places) yield { client, evidence: book.joined(own) };
    return;
  }
  for (let place = 0; place < book.size; place += 1) {
    yield { client: book.memberAt(place), evidence: book.evidenceAt(place) };
  }
}

/** Counts who of the first `count` would be excluded and who would be left, and whether that is too few. */
function weigh({ facts, rules }: RoundBook, evaluated: readonly Evaluation[], count: number): void {
  facts.wished = 0;
  facts.remaining = 0;
  facts.changed = 0;
  for (const { wished, remains } of evaluated.slice(0, count)) {
    if (wished) facts.wished += 1;
    if (remains) facts.remaining += 1;
  }
  facts.selected = count;
  facts.guarded = isGuarded(facts, rules.minCohort);
}

/** Whether exclusions are held back: a wrong reference would exclude everybody. */
export function isGuarded(facts: RoundFacts, minCohort: number | undefined): boolean {
  const least = minCohort ?? Math.max(LEAST_COHORT, Math.floor(facts.selected / 2));
  return facts.wished > 0 && facts.remaining < least;
}

const LEAST_COHORT = 2;

/** A newcomer that has proved itself is no sign of anything wrong. */
export function isNotable(before: TrustState, after: TrustState): boolean {
  return before !== after && !(before === "PROBATION" && after === "ACTIVE");
}

/** What is told of a round that was closed. */
export function summaryOf(book: RoundBook, evaluated: readonly Evaluated[]): EvaluatedRound {
  const { runId, round } = book.data;
  const { selected, guarded, wished } = book.facts;
  const states: Record<TrustState, number> = { PROBATION: 0, ACTIVE: 0, REDUCED: 0, EXCLUDED: 0 };
  for (const { after } of evaluated.slice(0, selected)) states[after] += 1;
  return { runId, round, selected, states, guarded: guarded ? wished : 0 };
}
