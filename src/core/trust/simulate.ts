import { createTrustFold } from "./fold.js";
import type { Observation } from "./observation.js";
import { lowerMedian } from "./round-book.js";
import { type AttackPlan, SimulatedClient, type SimulatedUpdate } from "./simulate-clients.js";
import { type Attack, PROFILES, type Skew } from "./simulate-profiles.js";
import { SeededRandom } from "./simulate-random.js";
import type { TrustFold } from "./trust-fold.js";
import type { TrustModel } from "./trust-model.js";
import type { TrustRules, StateRule } from "./trust-rules.js";
import { holdsAtScore, weightMultiplier } from "./trust-state.js";

export interface SimulationOptions {
  readonly seed: number;
  /** Federations simulated, each with its own clients. */
  readonly runs: number;
  readonly clients: number;
  readonly rounds: number;
  readonly attack: Attack;
  /** Of the clients that attack, 0 to 1. */
  readonly share: number;
  readonly skew: Skew;
  /** Attackers are honest up to this round. */
  readonly startsAfterRound: number;
  /** Rounds on, and as many off, of the attack `on-off`. */
  readonly onOffRounds: number;
  /** Of the updates that do not come, and that come late, 0 to 1. */
  readonly dropouts: number;
  readonly late: number;
  /** Whether clients register, so that who comes back under another name has the same owner. */
  readonly registered: boolean;
  readonly model: TrustModel;
  readonly rules: TrustRules;
}

/** What became of one client: an attacker under all its names. */
export interface SimulatedFate {
  readonly malicious: boolean;
  /** Rounds from the start of the attack; absent: never. */
  readonly excludedAfter?: number;
  /** The same for a weight below that of others. */
  readonly reducedAfter?: number;
  readonly alerted: boolean;
  readonly trustAtEnd: number;
  readonly identities: number;
}

export interface SimulatedRun {
  readonly fates: readonly SimulatedFate[];
  /** Mean share of the aggregate that poisoned updates have, from the start of the attack. */
  readonly influence: number;
  /** The same if every update that came had its whole weight. */
  readonly influenceUndefended: number;
}

/** Simulates federations made up of numbers and scores them; the same options give the same numbers. */
export function* simulateTrust(options: SimulationOptions): Generator<SimulatedRun> {
  for (let run = 0; run < options.runs; run += 1) {
    yield new Simulation(options, new SeededRandom(options.seed + 7919 * run)).run();
  }
}

interface Watched {
  readonly client: SimulatedClient;
  /** Its first name: whoever it comes back as belongs to it. */
  readonly owner: string;
  excludedAfter?: number;
  reducedAfter?: number;
  alerted: boolean;
  identities: number;
}

interface Arrived {
  readonly client: SimulatedClient;
  readonly update: SimulatedUpdate;
  readonly outcome: "COMPLETED" | "LATE";
}

const REPORTER = "fl-server";
/** The reporter's bounds of the alignment ratio, and the least median that it divides by. */
const [LEAST_RATIO, MOST_RATIO, LEAST_MEDIAN] = [-1, 1.5, 0.05];

class Simulation {
  private readonly fold: TrustFold;
  private readonly watched: Watched[];
  private readonly plan: AttackPlan;
  private readonly influence = { left: 0, undefended: 0, rounds: 0 };

  constructor(
    private readonly options: SimulationOptions,
    private readonly random: SeededRandom,
  ) {
    const { attack, startsAfterRound, onOffRounds, clients, share, skew } = options;
    this.fold = createTrustFold(options.model);
    this.plan = { attack, startsAfterRound, onOffRounds };
    const attackers = Math.round(clients * share);
    this.watched = Array.from({ length: clients }, (_, index) => ({
      client: new SimulatedClient(`c${index}`, index < attackers, PROFILES[skew], random),
      owner: `c${index}`,
      alerted: false,
      identities: 1,
    }));
    for (const one of this.watched) this.register(one);
  }

  run(): SimulatedRun {
    for (let round = 1; round <= this.options.rounds; round += 1) this.round(round);
    const { left, undefended, rounds } = this.influence;
    return {
      fates: this.watched.map(({ client, owner: _, ...fate }) => ({
        ...fate,
        malicious: client.malicious,
        trustAtEnd: this.fold.reading(client.clientId).trustScore,
      })),
      influence: left / Math.max(1, rounds),
      influenceUndefended: undefended / Math.max(1, rounds),
    };
  }

  private round(round: number): void {
    const captured = this.shareOfWeight(
      this.watched.map(({ client }) => client),
      isMalicious,
    );
    const arrived = this.watched.flatMap(({ client }) => this.arrival(client, round, captured));
    this.countInfluence(round, arrived);
    for (const observation of this.report(round, arrived)) {
      const { alerts } = this.fold.apply(observation, this.options.rules);
      for (const alert of alerts) if (alert.kind === "trust_score_drop") this.alert(alert.clientId);
    }
    for (const one of this.watched) this.watch(one, round);
  }

  private arrival(client: SimulatedClient, round: number, captured: number): Arrived[] {
    const { dropouts, late } = this.options;
    const luck = this.random.next();
    const update = client.update(round, this.plan, captured);
    if (luck < dropouts) return [];
    return [{ client, update, outcome: luck < dropouts + late ? "LATE" : "COMPLETED" }];
  }

  /** As a reporter does it: ratios to the median of those that are not excluded. */
  private report(round: number, arrived: readonly Arrived[]): Observation[] {
    const common = { runId: "simulation", round, reporter: REPORTER, observeTimeMs: 0 };
    const admitted = arrived.filter(({ client }) => !this.fold.reading(client.clientId).excluded);
    const median = lowerMedian(admitted.map(({ update }) => update.alignment));
    const divisor = Math.max(Number.isNaN(median) ? 1 : median, LEAST_MEDIAN);
    const selectedClientIds = this.watched.map(({ client }) => client.clientId);
    return [
      { ...common, kind: "round_opened", selectedClientIds },
      ...arrived.map(({ client, update, outcome }): Observation => {
        const { alignment, normRatio, maxPairwise } = update;
        const ratio = Math.min(MOST_RATIO, Math.max(LEAST_RATIO, alignment / divisor));
        return {
          ...common,
          kind: "update_reported",
          clientId: client.clientId,
          outcome,
          alignmentRatio: ratio,
          normRatio,
          ...(maxPairwise === undefined ? {} : { maxPairwise }),
        };
      }),
      { ...common, kind: "round_closed" },
    ];
  }

  private countInfluence(round: number, arrived: readonly Arrived[]): void {
    if (round <= this.options.startsAfterRound || arrived.length === 0) return;
    const poisoned = new Set(
      arrived.filter(({ update }) => update.poisoned).map(({ client }) => client),
    );
    const clients = arrived.map(({ client }) => client);
    this.influence.left += this.shareOfWeight(clients, (client) => poisoned.has(client));
    this.influence.undefended += poisoned.size / clients.length;
    this.influence.rounds += 1;
  }

  private shareOfWeight(
    clients: readonly SimulatedClient[],
    counts: (client: SimulatedClient) => boolean,
  ): number {
    let [sum, part] = [0, 0];
    for (const client of clients) {
      const weight = this.weightOf(client.clientId);
      sum += weight;
      if (counts(client)) part += weight;
    }
    return sum === 0 ? 0 : part / sum;
  }

  private weightOf(clientId: string): number {
    const { state, trustScore } = this.fold.reading(clientId);
    const holds = (rule: StateRule): boolean => holdsAtScore(rule, trustScore);
    return weightMultiplier(state, this.options.rules, holds);
  }

  private alert(clientId: string): void {
    const one = this.watched.find(({ client }) => client.clientId === clientId);
    if (one) one.alerted = true;
  }

  private watch(one: Watched, round: number): void {
    const { client } = one;
    const { startsAfterRound, attack } = this.options;
    const { state } = this.fold.reading(client.clientId);
    if (round <= startsAfterRound) return;
    if (state === "EXCLUDED") one.excludedAfter ??= round - startsAfterRound;
    if (state === "EXCLUDED" || state === "REDUCED") one.reducedAfter ??= round - startsAfterRound;
    if (state === "EXCLUDED" && client.malicious && attack === "whitewash") {
      one.identities += 1;
      client.clientId = `${one.owner} ${one.identities}`;
      this.register(one);
    }
  }

  private register({ client: { clientId }, owner }: Watched): void {
    if (!this.options.registered) return;
    this.fold.apply(
      {
        kind: "client_registered",
        reporter: REPORTER,
        observeTimeMs: 0,
        clientId,
        publicKeyFingerprint: `key of ${clientId}`,
        owner,
      },
      this.options.rules,
    );
  }
}

function isMalicious({ malicious }: SimulatedClient): boolean {
  return malicious;
}
