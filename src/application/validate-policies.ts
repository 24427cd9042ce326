import type { KnownClients } from "../core/lint/known-clients.js";
import { lint } from "../core/lint/lint.js";
import type { ValueMap } from "../core/values.js";
import { atMostAtOnce } from "./at-most-at-once.js";
import { invalidField } from "./errors.js";
import { policyIdFor } from "./policy-id.js";
import type { Clock } from "./ports/clock.js";
import type {
  PolicyReader,
  PolicyReading,
  PolicyText,
  PolicyTexts,
} from "./ports/policy-reader.js";
import type { PolicyIssue } from "./ports/policy-source.js";
import { runInSlices } from "./run-in-slices.js";
import { sortSteps } from "../core/sort-steps.js";

/** Policies a request may hold. */
const MOST_POLICIES = 1_000;
/** Issues an answer to a request may have. */
const MOST_ISSUES = 1_000;
/** Requests that are worked on at the same time. */
const MOST_AT_ONCE = 2;

/** Says everything that is wrong, or probably wrong, with policies, and loads none of them. */
export interface PolicyValidation {
  /**
   * Content of a request: at most 1,000 issues, errors first. What is wrong with the content is an
   * issue, also that it is not JSON.
   *
   * @param signal - When it aborts the work stops, and the promise rejects with its reason.
   * @throws {PdpError} REQUEST_INVALID for neither or both, or for more than 1,000 policies;
   *   OVERLOADED while two others are worked on.
   */
  validate(content: SubmittedPolicies, signal?: AbortSignal): Promise<readonly PolicyIssue[]>;
  /** One effective set of texts: every issue, in the order of the files. Never rejects. */
  validateTexts(texts: PolicyTexts): Promise<readonly PolicyIssue[]>;
}

/** One of the two. */
export interface SubmittedPolicies {
  /**
   * In the words of files; their issues have paths and no lines. What has no `id` is looked at under
   * the one that creating it would give it. Empty: not given.
   */
  readonly policies: readonly ValueMap[];
  /** Text of a policy file. Empty: not given. */
  readonly document: string;
}

export interface PolicyValidationDeps {
  readonly reader: PolicyReader;
  /** What the components that ask are known to send. */
  readonly clients: KnownClients;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** The functions that the content of a request may call: those of the engine, now. Absent: none. */
  readonly functions?: () => Promise<readonly PolicyText[]>;
}

/** What loading would say, and what the linter finds in the policies that have no error. */
export function createPolicyValidation({
  reader,
  clients,
  clock,
  functions = () => Promise.resolve([]),
}: PolicyValidationDeps): PolicyValidation {
  const oneOfFew = atMostAtOnce(MOST_AT_ONCE, "validations");
  return {
    async validate({ policies, document }, signal) {
      refuseUnclear(policies.length, document !== "");
      return oneOfFew(async () => {
        const known = await functions();
        const reading =
          document === ""
            ? reader.readDocuments(policies.map(withId), known)
            : reader.readTexts({ main: { name: "", text: document }, functions: known });
        return runInSlices(worstFirst(issueSteps(reading, clients)), clock, signal);
      });
    },
    validateTexts: (texts) =>
      runInSlices(inOrder(issueSteps(reader.readTexts(texts), clients)), clock),
  };
}

/** Without an `id` a policy gets one made of its name, as when it is created. */
function withId(document: ValueMap): ValueMap {
  const id = Object.hasOwn(document, "id") ? "" : policyIdFor(document);
  return id === "" ? document : { ...document, id };
}

function refuseUnclear(policies: number, hasDocument: boolean): void {
  if (policies > MOST_POLICIES) {
    throw invalidField("policies", `must be at most ${MOST_POLICIES}, got ${policies}`);
  }
  if (policies > 0 && hasDocument)
    throw invalidField("document", "must be left out beside policies");
  if (policies === 0 && !hasDocument) throw invalidField("document", "or policies must be given");
}

function* issueSteps(
  steps: Generator<void, PolicyReading>,
  clients: KnownClients,
): Generator<void, readonly PolicyIssue[]> {
  const reading = yield* steps;
  const issues = [...reading.issues];
  const findings = yield* lint(reading.policies, clients);
  for (const { check, policyId, ruleIndex, keys, message, suggestion } of findings) {
    const subject = { policyId, ...(ruleIndex === undefined ? {} : { ruleIndex }) };
    yield;
    issues.push({
      severity: check.severity,
      check: check.id,
      ...reading.placeOf({ ...subject, keys }),
      ...subject,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  return issues;
}

/** By file in order of appearance, then line and column; what has no place comes first. */
function* inOrder(
  steps: Generator<void, readonly PolicyIssue[]>,
): Generator<void, readonly PolicyIssue[]> {
  const issues = yield* steps;
  const files = [...new Set(issues.map(({ file }) => file))];
  const ranks = new Map(files.map((file, rank) => [file, rank]));
  const rank = ({ file }: PolicyIssue): number => ranks.get(file) ?? 0;
  return yield* sortSteps(
    issues,
    (left, right) =>
      rank(left) - rank(right) ||
      (left.line ?? 0) - (right.line ?? 0) ||
      (left.column ?? 0) - (right.column ?? 0),
  );
}

const SEVERITIES = ["error", "warning", "info"] as const;

function* worstFirst(
  steps: Generator<void, readonly PolicyIssue[]>,
): Generator<void, readonly PolicyIssue[]> {
  const ordered = yield* inOrder(steps);
  const sorted = SEVERITIES.flatMap((one) => ordered.filter(({ severity }) => severity === one));
  if (sorted.length <= MOST_ISSUES) return sorted;
  const more = sorted.length - (MOST_ISSUES - 1);
  const message = `${more} more issues are left out: mend these first, or use flopynet-policy lint`;
  return [...sorted.slice(0, MOST_ISSUES - 1), { severity: "info", file: "", path: "", message }];
}
