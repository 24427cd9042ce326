import { trustScore } from "./accumulator.js";
import type { ClientRecord } from "./client-record.js";
import type { ClientStates } from "./client-states.js";
import { arrived, type RoundEvidence, takeEvidence } from "./evidence.js";
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

/**
 * Evaluates a round, once, after all its evidence. Finds the same again when it is given the same states
 * and evidence, and keeps in `book.facts` what a refold of one client has to know of the others.
 *
 * @returns Selected clients, then those not selected whose exclusion ended.
 */
export function closeRound(states: ClientStates, book: RoundBook): Evaluated[] {
  const at = placeOfRound(states, book);
  const { run, round } = at;
  const waiting = [...states.excluded].filter((client) => states.wasSelected(run, client));
  const selected = states.selectedIn(run);
  const evaluated: { client: number; evaluation: Evaluation }[] = [];
  for (const { client, evidence } of evidenceByClient(states, book)) {
    selected.add(client);
    const evaluation = evaluateClient(states, states.recordOf(client), at, evidence);
    evaluated.push({ client, evaluation });
  }
  const count = evaluated.length;
  for (const client of waiting) {
    const record = states.recordOf(client);
    if (record.run === run && record.round === round) continue;
    const evaluation = waitOut(record, at);
    if (evaluation) evaluated.push({ client, evaluation });
  }
  weigh(book, evaluated.slice(0, count));
  return evaluated.map(({ client, evaluation }, index) => {
    const record = states.recordOf(client);
    if (evaluation.wished && !book.facts.guarded) excludeClient(record, book.rules);
    states.noteState(client, record);
    const after = record.state;
    if (index < count && isNotable(evaluation.before, after)) book.facts.changed += 1;
    return { client, ...evaluation, after };
  });
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

/** The evidence of every selected client, each once. */
function* evidenceByClient(
  { identities }: ClientStates,
  book: RoundBook,
): Generator<{ readonly client: number; readonly evidence: RoundEvidence }> {
  if (!identities.hasAliases) {
    for (let place = 0; place < book.size; place += 1) {
      yield { client: book.memberAt(place), evidence: book.evidenceAt(place) };
    }
    return;
  }
  const places = new Map<number, number[]>();
  for (let place = 0; place < book.size; place += 1) {
    const client = identities.clientOf(book.memberAt(place));
    const known = places.get(client);
    if (known) known.push(place);
    else places.set(client, [place]);
  }
  for (const [client, own] of places) yield { client, evidence: book.joined(own) };
}

/** Counts who would be excluded and who would be left, and whether that is too few. */
function weigh(
  { facts, rules }: RoundBook,
  evaluated: readonly { readonly evaluation: Evaluation }[],
): void {
  facts.wished = 0;
  facts.remaining = 0;
  facts.changed = 0;
  for (const { evaluation } of evaluated) {
    if (evaluation.wished) facts.wished += 1;
    if (evaluation.remains) facts.remaining += 1;
  }
  facts.selected = evaluated.length;
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
