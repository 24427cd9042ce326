import type { RoundEvidence } from "./evidence.js";
import type { UpdateOutcome, UpdateReported, ViolationSeverity } from "./observation.js";
import { placeOf, sortedNumbers } from "./sorted-numbers.js";
import { DEFAULT_TRUST_RULES, type TrustRules } from "./trust-rules.js";

/** From worst to best for a client; 0 is nothing reported. */
const OUTCOMES = ["FAILED", "DROPPED", "DECLINED", "LATE", "COMPLETED"] as const;
const NOTHING = 0;

type Ratio = "alignmentRatio" | "normRatio" | "maxPairwise";
type Report = Pick<UpdateReported, "outcome"> & Readonly<Record<Ratio, number | undefined>>;

/** What the close of a round found, as far as one client's late evidence can change it. */
export interface RoundFacts {
  /** Selected clients: several ids of one client are one. */
  selected: number;
  /** Clients that were to be excluded. */
  wished: number;
  /** Selected clients still admitted if all of those are. */
  remaining: number;
  /** Clients whose state changed, other than out of PROBATION. */
  changed: number;
  /** None was excluded, because too few would be left. */
  guarded: boolean;
}

/** The plain form. */
export interface RoundBookData {
  readonly runId: string;
  readonly round: number;
  readonly members: Int32Array;
  readonly outcomes: Uint8Array;
  readonly alignments: Float64Array;
  readonly norms: Float64Array;
  readonly times: Float64Array;
  /** By place: everything of a first report that is rarely given. */
  readonly pairwise: Map<number, number>;
  /** By place: reports of further reporters. */
  readonly further: Map<number, Report[]>;
  readonly violations: Map<number, ViolationSeverity[]>;
  readonly rulesHash: string;
  readonly facts: RoundFacts;
}

/**
 * The evidence of one round: 29 bytes for each selected client with one report. A client has a place,
 * in the order of its number.
 */
export class RoundBook {
  /** Those in force when it was closed. */
  rules: TrustRules = DEFAULT_TRUST_RULES;

  private constructor(readonly data: RoundBookData) {}

  /** @param members - Numbers of the selected clients, in any order. */
  static open(runId: string, round: number, members: Iterable<number>): RoundBook {
    const sorted = sortedNumbers(members);
    const { length } = sorted;
    return new RoundBook({
      runId,
      round,
      members: sorted,
      outcomes: new Uint8Array(length),
      alignments: new Float64Array(length).fill(Number.NaN),
      norms: new Float64Array(length).fill(Number.NaN),
      times: new Float64Array(length).fill(Number.NaN),
      pairwise: new Map(),
      further: new Map(),
      violations: new Map(),
      rulesHash: "",
      facts: { selected: 0, wished: 0, remaining: 0, changed: 0, guarded: false },
    });
  }

  static restore(data: RoundBookData, rules: TrustRules = DEFAULT_TRUST_RULES): RoundBook {
    const book = new RoundBook({
      ...data,
      outcomes: data.outcomes.slice(),
      alignments: data.alignments.slice(),
      norms: data.norms.slice(),
      times: data.times.slice(),
      pairwise: new Map(data.pairwise),
      further: copyOfLists(data.further),
      violations: copyOfLists(data.violations),
      facts: { ...data.facts },
    });
    book.rules = rules;
    return book;
  }

  toData(): RoundBookData {
    return { ...this.data, rulesHash: this.rules.hash };
  }

  get facts(): RoundFacts {
    return this.data.facts;
  }

  get size(): number {
    return this.data.members.length;
  }

  memberAt(place: number): number {
    return this.data.members[place] ?? -1;
  }

  /** Undefined: not selected. */
  placeOf(member: number): number | undefined {
    return placeOf(this.data.members, member);
  }

  addReport(place: number, report: UpdateReported): void {
    const { outcomes, alignments, norms, pairwise } = this.data;
    this.addTime(place, report.observeTimeMs);
    if (outcomes[place] !== NOTHING) {
      append(this.data.further, place, whatCounts(report));
      return;
    }
    outcomes[place] = OUTCOMES.indexOf(report.outcome) + 1;
    alignments[place] = report.alignmentRatio ?? Number.NaN;
    norms[place] = report.normRatio ?? Number.NaN;
    if (report.maxPairwise !== undefined) pairwise.set(place, report.maxPairwise);
  }

  addViolation(place: number, severity: ViolationSeverity, observeTimeMs: number): void {
    this.addTime(place, observeTimeMs);
    append(this.data.violations, place, severity);
  }

  /** All evidence of one client. The order in which it came does not matter. */
  evidenceAt(place: number): RoundEvidence {
    const { alignments, norms, pairwise, further, violations, times } = this.data;
    if (further.size > 0 && further.has(place)) return this.joined([place]);
    return {
      outcome: this.outcomeAt(place) ?? "DROPPED",
      alignmentRatio: alignments[place] ?? Number.NaN,
      normRatio: norms[place] ?? Number.NaN,
      maxPairwise: (pairwise.size > 0 ? pairwise.get(place) : undefined) ?? Number.NaN,
      violations: (violations.size > 0 ? violations.get(place) : undefined) ?? NO_VIOLATIONS,
      timeMs: times[place] ?? Number.NaN,
    };
  }

  /** The evidence of one client that was selected under several names: a unit of evidence all the same. */
  joined(places: readonly number[]): RoundEvidence {
    const reports = places.flatMap((place) => this.reportsAt(place));
    const outcomes = reports.map(({ outcome }) => OUTCOMES.indexOf(outcome));
    const outcome = OUTCOMES[lowerMedian(outcomes)] ?? "DROPPED";
    return {
      outcome,
      alignmentRatio: medianOf(reports, ({ alignmentRatio }) => alignmentRatio),
      normRatio: medianOf(reports, ({ normRatio }) => normRatio),
      maxPairwise: medianOf(reports, ({ maxPairwise }) => maxPairwise),
      violations: places.flatMap((place) => this.data.violations.get(place) ?? []),
      timeMs: latest(places.map((place) => this.data.times[place] ?? Number.NaN)),
    };
  }

  private reportsAt(place: number): Report[] {
    const outcome = this.outcomeAt(place);
    if (outcome === undefined) return [];
    const first = {
      outcome,
      alignmentRatio: this.data.alignments[place] ?? Number.NaN,
      normRatio: this.data.norms[place] ?? Number.NaN,
      maxPairwise: this.data.pairwise.get(place) ?? Number.NaN,
    };
    return [first, ...(this.data.further.get(place) ?? [])];
  }

  private outcomeAt(place: number): UpdateOutcome | undefined {
    return OUTCOMES[(this.data.outcomes[place] ?? NOTHING) - 1];
  }

  private addTime(place: number, timeMs: number): void {
    const { times } = this.data;
    const before = times[place] ?? Number.NaN;
    if (Number.isNaN(before) || before < timeMs) times[place] = timeMs;
  }
}

/** Reports of further reporters are kept as objects: with no more than is needed. */
function whatCounts(report: UpdateReported): Report {
  const { outcome, alignmentRatio, normRatio, maxPairwise } = report;
  return { outcome, alignmentRatio, normRatio, maxPairwise };
}

const NO_VIOLATIONS: readonly ViolationSeverity[] = [];

function copyOfLists<T>(lists: ReadonlyMap<number, T[]>): Map<number, T[]> {
  return new Map([...lists].map(([place, list]) => [place, [...list]]));
}

function append<T>(lists: Map<number, T[]>, place: number, value: T): void {
  const list = lists.get(place);
  if (list) list.push(value);
  else lists.set(place, [value]);
}

/** Of those that reported it; NaN: nobody did. */
function medianOf(
  reports: readonly Report[],
  pick: (report: Report) => number | undefined,
): number {
  const values = reports.map((report) => pick(report) ?? Number.NaN);
  return lowerMedian(values.filter((value) => !Number.isNaN(value)));
}

/** The lower of the two in the middle; NaN of nothing. */
export function lowerMedian(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function latest(times: readonly number[]): number {
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? Math.max(...known) : Number.NaN;
}
