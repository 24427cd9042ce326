import { CONSISTENCY_WINDOW, PEAK_WINDOW } from "./parameters.js";
import { VIOLATION_SEVERITIES, type TrustState, type WorstViolation } from "./trust-reading.js";

const STATES = ["PROBATION", "ACTIVE", "REDUCED", "EXCLUDED"] as const;

/** Places of a record's numbers. */
const GOOD = 0; // Four: by factor.
const BAD = 4;
const ALIGNMENT_SUM = 8;
const ALIGNMENT_WEIGHT = 9;
const PRIOR = 10;
const SCORE = 11;
const DELTA = 12;
const CHANGE = 13;
const STATE = 14;
const ROUNDS_OBSERVED = 15;
const EXCLUSIONS = 16;
const DWELL = 17;
const ROUNDS_BELOW_EXCLUSION = 18;
const ROUNDS_ABOVE_EXCLUSION = 19;
const ROUNDS_BELOW_REDUCTION = 20;
const ROUNDS_ABOVE_REDUCTION = 21;
const MUST_EXCLUDE = 22;
const PARDONED = 23;
const ALERTED = 24;
const RUN = 25;
const ROUND = 26;
const EVIDENCE_TIME = 27;
const EVALUATIONS = 28;
const UPDATES = 29;
const SCORES = 30;
const VIOLATIONS = SCORES + PEAK_WINDOW;
const WORST_VIOLATION = VIOLATIONS + 1;

export const RECORD_NUMBERS = WORST_VIOLATION + 1;
/** Of snapshots of layout 1, which end before violations. */
export const RECORD_NUMBERS_1 = VIOLATIONS;
/** Two per update of the window: logarithm of the norm ratio, and the alignment ratio. */
export const RECORD_WINDOW = 2 * CONSISTENCY_WINDOW;

/**
 * What the fold remembers of one client, as numbers in two arrays that many clients share: 496 bytes,
 * where an object with these fields would take some 1,200. One record object is moved from client to
 * client.
 */
export class ClientRecord {
  private numbers: Float64Array;
  private window: Float32Array;
  private first = 0;
  private firstOfWindow = 0;

  /** A record of its own. */
  constructor() {
    this.numbers = new Float64Array(RECORD_NUMBERS);
    this.window = new Float32Array(RECORD_WINDOW);
  }

  /** @param place - Of the client in both arrays, from 0. */
  moveTo(numbers: Float64Array, window: Float32Array, place: number): void {
    this.numbers = numbers;
    this.window = window;
    this.first = place * RECORD_NUMBERS;
    this.firstOfWindow = place * RECORD_WINDOW;
  }

  /** Makes it a client never heard of. */
  reset(prior: number): void {
    this.numbers.fill(0, this.first, this.first + RECORD_NUMBERS);
    this.window.fill(0, this.firstOfWindow, this.firstOfWindow + RECORD_WINDOW);
    this.prior = prior;
    this.score = prior;
    this.run = -1;
    this.evidenceTimeMs = Number.NaN;
  }

  copyFrom(other: ClientRecord): void {
    const { first, firstOfWindow } = other;
    this.numbers.set(other.numbers.subarray(first, first + RECORD_NUMBERS), this.first);
    this.window.set(
      other.window.subarray(firstOfWindow, firstOfWindow + RECORD_WINDOW),
      this.firstOfWindow,
    );
  }

  good(factor: number): number {
    return this.get(GOOD + factor);
  }
  bad(factor: number): number {
    return this.get(BAD + factor);
  }
  setEvidence(factor: number, good: number, bad: number): void {
    this.set(GOOD + factor, good);
    this.set(BAD + factor, bad);
  }

  /** Faded sum of alignment ratios, and of ones: their quotient is the smoothed alignment. */
  get alignmentSum(): number {
    return this.get(ALIGNMENT_SUM);
  }
  get alignmentWeight(): number {
    return this.get(ALIGNMENT_WEIGHT);
  }
  setAlignment(sum: number, weight: number): void {
    this.set(ALIGNMENT_SUM, sum);
    this.set(ALIGNMENT_WEIGHT, weight);
  }

  get prior(): number {
    return this.get(PRIOR);
  }
  set prior(value: number) {
    this.set(PRIOR, value);
  }

  get score(): number {
    return this.get(SCORE);
  }
  set score(value: number) {
    this.set(SCORE, value);
  }

  get delta(): number {
    return this.get(DELTA);
  }
  get change(): number {
    return this.get(CHANGE);
  }

  /** The score of one more evaluated round. */
  addScore(score: number): void {
    const evaluations = this.get(EVALUATIONS);
    let peak = score;
    for (let place = 0; place < Math.min(evaluations, PEAK_WINDOW); place += 1) {
      peak = Math.max(peak, this.get(SCORES + place));
    }
    this.set(CHANGE, score - peak);
    this.set(DELTA, score - this.score);
    this.set(SCORES + (evaluations % PEAK_WINDOW), score);
    this.set(EVALUATIONS, evaluations + 1);
    this.score = score;
  }

  get state(): TrustState {
    return STATES[this.get(STATE)] ?? "EXCLUDED";
  }
  set state(value: TrustState) {
    this.set(STATE, STATES.indexOf(value));
  }

  get roundsObserved(): number {
    return this.get(ROUNDS_OBSERVED);
  }
  set roundsObserved(value: number) {
    this.set(ROUNDS_OBSERVED, value);
  }

  get exclusions(): number {
    return this.get(EXCLUSIONS);
  }
  set exclusions(value: number) {
    this.set(EXCLUSIONS, value);
  }

  /** Closed rounds to wait; below 0 when the wait was over long ago. */
  get dwell(): number {
    return this.get(DWELL);
  }
  set dwell(value: number) {
    this.set(DWELL, value);
  }

  /** Rounds in a row, up to the last one, in which an exclusion held, or all were left. */
  get roundsBelowExclusion(): number {
    return this.get(ROUNDS_BELOW_EXCLUSION);
  }
  set roundsBelowExclusion(value: number) {
    this.set(ROUNDS_BELOW_EXCLUSION, value);
  }
  get roundsAboveExclusion(): number {
    return this.get(ROUNDS_ABOVE_EXCLUSION);
  }
  set roundsAboveExclusion(value: number) {
    this.set(ROUNDS_ABOVE_EXCLUSION, value);
  }
  get roundsBelowReduction(): number {
    return this.get(ROUNDS_BELOW_REDUCTION);
  }
  set roundsBelowReduction(value: number) {
    this.set(ROUNDS_BELOW_REDUCTION, value);
  }
  get roundsAboveReduction(): number {
    return this.get(ROUNDS_ABOVE_REDUCTION);
  }
  set roundsAboveReduction(value: number) {
    this.set(ROUNDS_ABOVE_REDUCTION, value);
  }

  /** Violations of all rounds, refusals by the gate among them. */
  get violations(): number {
    return this.get(VIOLATIONS);
  }
  /** The gravest of the last evaluated round. */
  get worstViolation(): WorstViolation {
    return VIOLATION_SEVERITIES[this.get(WORST_VIOLATION)] ?? "none";
  }
  /** Those of one more evaluated round. */
  addViolations(count: number, worst: WorstViolation): void {
    this.set(VIOLATIONS, this.violations + count);
    this.set(WORST_VIOLATION, VIOLATION_SEVERITIES.indexOf(worst));
  }

  /** Whether a critical violation is yet to exclude it. */
  get mustExclude(): boolean {
    return this.get(MUST_EXCLUDE) === 1;
  }
  set mustExclude(value: boolean) {
    this.set(MUST_EXCLUDE, Number(value));
  }

  /** Whether it was pardoned and no round since was without an exclusion that holds. */
  get pardoned(): boolean {
    return this.get(PARDONED) === 1;
  }
  set pardoned(value: boolean) {
    this.set(PARDONED, Number(value));
  }

  /** Whether its fall was told and has not ended. */
  get alerted(): boolean {
    return this.get(ALERTED) === 1;
  }
  set alerted(value: boolean) {
    this.set(ALERTED, Number(value));
  }

  /** Number of the run in which it was evaluated last; -1: never. */
  get run(): number {
    return this.get(RUN);
  }
  set run(value: number) {
    this.set(RUN, value);
  }
  get round(): number {
    return this.get(ROUND);
  }
  set round(value: number) {
    this.set(ROUND, value);
  }

  /** NaN: never. */
  get evidenceTimeMs(): number {
    return this.get(EVIDENCE_TIME);
  }
  set evidenceTimeMs(value: number) {
    this.set(EVIDENCE_TIME, value);
  }

  /** Updates in the window: at most 20, all before the present one. */
  get updatesKept(): number {
    return Math.min(this.get(UPDATES), CONSISTENCY_WINDOW);
  }
  /** NaN where the update came without. */
  logNormAt(place: number): number {
    return this.getOfWindow(2 * place);
  }
  alignmentAt(place: number): number {
    return this.getOfWindow(2 * place + 1);
  }
  addUpdate(logNorm: number, alignment: number): void {
    const updates = this.get(UPDATES);
    const place = this.firstOfWindow + 2 * (updates % CONSISTENCY_WINDOW);
    this.window[place] = logNorm;
    this.window[place + 1] = alignment;
    this.set(UPDATES, updates + 1);
  }

  private get(place: number): number {
    return this.numbers[this.first + place] ?? Number.NaN;
  }
  private set(place: number, value: number): void {
    this.numbers[this.first + place] = value;
  }
  private getOfWindow(place: number): number {
    return this.window[this.firstOfWindow + place] ?? Number.NaN;
  }
}
