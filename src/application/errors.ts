import type { FieldViolation } from "../core/request.js";
import type { PolicyIssue } from "./ports/policy-source.js";

/** Every way a use case can fail. Public API: a reason is never renamed, its facts never removed. */
export type Failure =
  | { readonly reason: "REQUEST_INVALID"; readonly violations: readonly FieldViolation[] }
  | { readonly reason: "EXPLAIN_TOO_LARGE"; readonly items: number; readonly limit: number }
  | { readonly reason: "NO_ACTIVE_POLICY" }
  /** `policyVersion` is the version that was asked for, where it is not the present one. */
  | {
      readonly reason: "POLICY_NOT_FOUND";
      readonly policyId: string;
      readonly policyVersion?: string;
    }
  | { readonly reason: "POLICY_ALREADY_EXISTS"; readonly policyId: string }
  | {
      readonly reason: "POLICY_INVALID";
      readonly issues: readonly PolicyIssue[];
      /** Whether the content came with the request; else it is what the files or a version hold. */
      readonly inRequest?: boolean;
    }
  /** `currentEtag` is the one the policy has now. */
  | { readonly reason: "ETAG_MISMATCH"; readonly policyId: string; readonly currentEtag: string }
  | { readonly reason: "FILE_CHANGED_ON_DISK"; readonly file: string }
  /** `why` reads on after a colon. */
  | { readonly reason: "POLICY_FILE_READ_ONLY"; readonly file: string; readonly why: string }
  /** `decided` is how many recorded decisions were looked at. */
  | {
      readonly reason: "IMPACT_TOO_LARGE";
      readonly flipped: number;
      readonly decided: number;
      readonly maxFlippedPercent: number;
    }
  | { readonly reason: "POLICY_VERSION_NOT_FOUND"; readonly policyVersion: string }
  | { readonly reason: "CURSOR_INVALID"; readonly field: string }
  | { readonly reason: "CURSOR_OF_ANOTHER_LOG"; readonly field: string }
  | { readonly reason: "TOO_MANY_SUBSCRIBERS"; readonly limit: number }
  /** `what` is work of one kind, of which `limit` is done at once. */
  | { readonly reason: "OVERLOADED"; readonly what: string; readonly limit: number }
  | { readonly reason: "STORAGE_UNAVAILABLE"; readonly what: string }
  | { readonly reason: "DECISION_NOT_FOUND"; readonly decisionId: string }
  /** `why` is all of the sentence. */
  | { readonly reason: "OBSERVATION_CONFLICT"; readonly why: string }
  | { readonly reason: "CLIENT_NOT_FOUND"; readonly clientId: string }
  | { readonly reason: "ROUND_NOT_FOUND"; readonly runId: string; readonly round: number }
  /** Someone who may not ask: `mend` says which setting or credential would let them. */
  | { readonly reason: "UNAUTHENTICATED"; readonly mend: string }
  /** The engine is draining. `cursor` is where a stream may go on after a restart. */
  | { readonly reason: "SHUTTING_DOWN"; readonly cursor?: string };

export type FailureReason = Failure["reason"];

/** An expected failure. Anything else that is thrown is a bug. */
export class PdpError extends Error {
  override readonly name = "PdpError";

  /** @param options - `cause` is logged, and never sent to the caller. */
  constructor(
    readonly failure: Failure,
    options?: { cause: unknown },
  ) {
    super(messageOf(failure), options);
  }
}

/** A request with one field that breaks a rule; `rule` reads on after the field's name. */
export function invalidField(field: string, rule: string): PdpError {
  return new PdpError({ reason: "REQUEST_INVALID", violations: [{ field, rule }] });
}

/** Without an id nothing was asked for. */
export function policyNotFound(policyId: string): PdpError {
  if (policyId === "") return invalidField("policy_id", "must be given");
  return new PdpError({ reason: "POLICY_NOT_FOUND", policyId });
}

// Lower case, no full stop, values in backticks; built from the facts alone (AIP-193).
function messageOf(failure: Failure): string {
  switch (failure.reason) {
    case "REQUEST_INVALID":
      return failure.violations.map(({ field, rule }) => `${field} ${rule}`).join("; ");
    case "EXPLAIN_TOO_LARGE":
      return `at most ${failure.limit} items of a batch may ask for an explanation, got ${failure.items}: split the batch`;
    case "NO_ACTIVE_POLICY":
      return "no policy set is active: mend the policy file, see /health for what is wrong with it";
    case "POLICY_NOT_FOUND":
      return failure.policyVersion === undefined
        ? `policy \`${failure.policyId}\` not found`
        : `policy \`${failure.policyId}\` not found in policy version \`${failure.policyVersion}\``;
    case "POLICY_ALREADY_EXISTS":
      return `policy \`${failure.policyId}\` exists already: update it, or choose another id`;
    case "POLICY_INVALID": {
      const what = failure.inRequest === true ? "policy" : "policy set";
      return `the ${what} was refused: ${failure.issues.map(issueText).join("; ")}`;
    }
    case "ETAG_MISMATCH":
      return `policy \`${failure.policyId}\` has changed since this etag: get it again, and decide anew`;
    case "FILE_CHANGED_ON_DISK":
      return `\`${failure.file}\` holds an edit that is not loaded yet: try again in a moment; where it is broken, as ReloadPolicies would say, mend it, or reload with discard_file_changes`;
    case "POLICY_FILE_READ_ONLY":
      return `\`${failure.file}\` cannot be replaced: ${failure.why}`;
    case "IMPACT_TOO_LARGE":
      return `${failure.flipped} of ${failure.decided} recorded decisions would change, more than the ${failure.maxFlippedPercent} % of MAX_FLIPPED_DECISIONS_PERCENT: look at them with AnalyzePolicyImpact, or send \`x-confirm-impact: ${failure.flipped}\` to make the change`;
    case "POLICY_VERSION_NOT_FOUND":
      return `policy version \`${failure.policyVersion}\` not found`;
    case "CURSOR_INVALID":
      return `${failure.field} is not a cursor of this engine: start again without it`;
    case "CURSOR_OF_ANOTHER_LOG":
      return `${failure.field} belongs to another event log: start again without it`;
    case "TOO_MANY_SUBSCRIBERS":
      return `all ${failure.limit} subscriptions are taken: try again later, or raise MAX_SUBSCRIBERS`;
    case "OVERLOADED":
      return `${failure.limit} ${failure.what} are being worked on, and no more at once: ask again in a moment`;
    case "STORAGE_UNAVAILABLE":
      return `${failure.what} cannot be stored: see the engine's log`;
    case "DECISION_NOT_FOUND":
      return `decision \`${failure.decisionId}\` is not recorded, or not any more`;
    case "OBSERVATION_CONFLICT":
      return failure.why;
    case "CLIENT_NOT_FOUND":
      return `client \`${failure.clientId}\` was never selected, registered or reported`;
    case "ROUND_NOT_FOUND":
      return `round ${failure.round} of run \`${failure.runId}\` was never evaluated: close it first`;
    case "UNAUTHENTICATED":
      return failure.mend;
    case "SHUTTING_DOWN":
      return "the engine is shutting down: ask again in a moment";
  }
}

/** One issue on one line: `policies.json:12:7: policies.x.rules[0].action: unknown verb ... (write ...)`. */
export function issueText(issue: PolicyIssue): string {
  const place =
    issue.line === undefined ? issue.file : `${issue.file}:${issue.line}:${issue.column ?? 1}`;
  const fix = issue.suggestion === undefined ? "" : ` (${issue.suggestion})`;
  const parts = [place, issue.path, `${issue.message}${fix}`];
  return parts.filter((part) => part !== "").join(": ");
}
