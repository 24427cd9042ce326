import {
  createNamesBeside,
  knownAttributes,
  withNames,
} from "../../application/known-attributes.js";
import type { LoggedDecision } from "../../application/ports/decision-log.js";
import type { TrustAttributes } from "../../core/trust-attributes.js";
import type { Value, ValueMap } from "../../core/values.js";

/** What a query looks at. */
export type DecisionFacts = Pick<LoggedDecision, "timeMs" | "clientId" | "policyType" | "decision">;

/**
 * Decisions as columns, in the order in which they were added. Why not as objects: those of ten
 * thousand decisions, which stay, are copied by one collection of garbage after the other, and that
 * costs more than to decide.
 */
export interface DecisionColumns {
  rows(): number;
  add(decision: LoggedDecision): void;
  /** Forgets all, and keeps the memory for what is added next. */
  clear(): void;
  facts(row: number): DecisionFacts;
  /** What was added, without `clientAttributes`. */
  at(row: number): LoggedDecision;
}

/** Values of a row for which memory is kept; connections have about ten. */
const MOST_VALUES_KEPT = 32;

/** @param intern - Gives for equal texts the same object; one for all columns. */
export function createDecisionColumns(
  mostRows: number,
  intern: (text: string) => string,
): DecisionColumns {
  const timesMs = new Float64Array(mostRows);
  const durationsMs = new Float64Array(mostRows);
  const decisionIds: string[] = [];
  const requestIds: string[] = [];
  const clientIds: string[] = [];
  const policyTypes: string[] = [];
  const decisions: LoggedDecision["decision"][] = [];
  const trusts: LoggedDecision["trust"][] = [];
  const redactions: (LoggedDecision["redactedPaths"] | boolean)[] = [];
  const known: (TrustAttributes | undefined)[] = [];
  /** Without what `known` has. */
  const names: (readonly string[])[] = [];
  const namesBeside = createNamesBeside();
  /** Of all rows, those of a row before its end. */
  const values: Value[] = [];
  const ends = new Uint32Array(mostRows);
  let rows = 0;

  function addAttributes(attributes: ValueMap, beside: TrustAttributes | undefined): void {
    const own = namesBeside(attributes, beside);
    names[rows] = own;
    let end = ends[rows - 1] ?? 0;
    for (const name of own) {
      const value = attributes[name] ?? null;
      // A text that the row before has too need not be looked up.
      const before = values[end - own.length];
      if (typeof value !== "string") values[end] = value;
      else values[end] = value === before ? before : intern(value);
      end += 1;
    }
    ends[rows] = end;
  }

  function attributesOf(row: number): ValueMap {
    const start = ends[row - 1] ?? 0;
    const beside = withNames(names[row] ?? [], (index) => values[start + index]);
    return { ...known[row], ...beside };
  }

  function facts(row: number): DecisionFacts {
    const decision = decisions[row];
    if (row >= rows || !decision) throw new RangeError(`row ${row} of ${rows}`);
    return {
      timeMs: timesMs[row] ?? 0,
      clientId: clientIds[row] ?? "",
      policyType: policyTypes[row] ?? "",
      decision,
    };
  }

  return {
    rows: () => rows,
    add(logged) {
      const { redacted, redactedPaths } = logged;
      const beside = knownAttributes(logged);
      addAttributes(logged.attributes, beside);
      timesMs[rows] = logged.timeMs;
      durationsMs[rows] = logged.durationMs;
      known[rows] = beside;
      decisionIds[rows] = logged.decisionId;
      requestIds[rows] = logged.requestId;
      clientIds[rows] = intern(logged.clientId);
      policyTypes[rows] = logged.policyType;
      decisions[rows] = logged.decision;
      trusts[rows] = logged.trust;
      redactions[rows] = redactedPaths ?? redacted;
      rows += 1;
    },
    clear() {
      rows = 0;
      if (values.length > MOST_VALUES_KEPT * mostRows) values.length = 0;
      else values.fill(null); // What the next rows do not reach would stay.
    },
    facts,
    at(row) {
      const redaction = redactions[row] ?? false;
      const trust = trusts[row];
      return {
        ...facts(row),
        decisionId: decisionIds[row] ?? "",
        requestId: requestIds[row] ?? "",
        attributes: attributesOf(row),
        durationMs: durationsMs[row] ?? 0,
        redacted: redaction !== false,
        ...(typeof redaction !== "boolean" && { redactedPaths: redaction }),
        ...(trust && { trust }),
      };
    },
  };
}
