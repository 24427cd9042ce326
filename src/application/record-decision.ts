import type { LoggedDecision } from "./ports/decision-log.js";

/** Records a decision as events and counts. Never waits and never throws; counts what it drops. */
export type RecordDecision = (decision: LoggedDecision) => void;
