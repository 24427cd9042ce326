import type { Trace, When } from "./conformance-case.js";
import { brokenPromises, REQUEST_ID, ruleName, type Told, type Values } from "./told.js";

/** Asks family 3 of the REST interface, and reads the JSON as a client does. */
export async function askRest(
  port: number,
  when: When,
  { explain }: { readonly explain: boolean },
): Promise<Told> {
  const asked = { request_id: REQUEST_ID, explain };
  const [route, body] =
    "connection" in when
      ? ["connections:check", { ...when.connection, ...asked }]
      : ["policies:check", { policy_type: when.policy_type, context: when.context, ...asked }];
  const response = await fetch(`http://127.0.0.1:${port}/v1/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as RestAnswer & RestProblem;
  if (response.status === 400) return { refused: json.fieldViolations.map(({ field }) => field) };
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${JSON.stringify(json)}`);
  return toldRest(json);
}

function toldRest(json: RestAnswer): Told {
  const traces = (json.explanation?.policies ?? []).flatMap(({ rules }) => rules ?? []);
  const determining = json.determiningRules ?? [];
  const told = {
    allowed: json.allowed,
    ...(!json.allowed && { deny_kind: json.denyKind.replace("DENY_KIND_", "") as "EXPLICIT" }),
    reason: json.reason,
  };
  const broken = brokenPromises({
    ...told,
    decisionId: json.decisionId,
    policyVersion: Number(json.policyVersion),
    requestId: json.requestId,
    traces: traces.length,
  });
  const [first] = determining;
  const isFirst =
    json.policyId === (first?.policyId ?? "") && json.ruleId === (first?.ruleId ?? "");
  return {
    ...told,
    by: determining.map(ruleName),
    erring: (json.erroringRules ?? []).map(({ rule, missingAttributes }) => ({
      rule: ruleName(rule),
      missing: [...(missingAttributes ?? [])],
    })),
    ...(json.parameters && { parameters: json.parameters }),
    obligations: (json.obligations ?? []).map(({ rule, action, parameters, advice }) => ({
      rule: ruleName(rule),
      action,
      parameters: parameters ?? {},
      advice: advice ?? false,
    })),
    determining: determining.map(({ action, ruleIndex }) => ({ action, index: ruleIndex })),
    explained: traces.map(toldTrace),
    broken: isFirst ? broken : [...broken, "policy_id and rule_id name the first determining rule"],
  };
}

function toldTrace({ rule, outcome, fields, condition }: RestTrace): Trace {
  return {
    rule: ruleName(rule),
    outcome: outcome.replace("RULE_OUTCOME_", "") as "APPLIED",
    fields: (fields ?? []).map(({ key, expected, actual, matched }) => ({
      key,
      expected,
      ...(actual !== undefined && { got: actual }),
      matched: matched ?? false,
    })),
    condition: condition
      ? {
          outcome: condition.outcome.replace("CONDITION_OUTCOME_", "") as "TRUE",
          values: condition.values ?? {},
        }
      : "none",
  };
}

interface RestRule {
  readonly policyId: string;
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly action: string;
}
interface RestProblem {
  readonly fieldViolations: readonly { readonly field: string }[];
}
interface RestTrace {
  readonly rule: RestRule;
  readonly outcome: string;
  readonly fields?: readonly {
    readonly key: string;
    readonly expected: Values[string];
    readonly actual?: Values[string];
    readonly matched?: boolean;
  }[];
  readonly condition?: { readonly outcome: string; readonly values?: Values };
}
/** ProtoJSON may leave out what is empty. */
interface RestAnswer {
  readonly allowed: boolean;
  readonly denyKind: string;
  readonly reason: string;
  readonly policyId: string;
  readonly ruleId: string;
  readonly decisionId: string;
  readonly policyVersion: string;
  readonly requestId: string;
  readonly determiningRules?: readonly RestRule[];
  readonly erroringRules?: readonly {
    readonly rule: RestRule;
    readonly missingAttributes?: readonly string[];
  }[];
  readonly parameters?: Values;
  readonly obligations?: readonly {
    readonly rule: RestRule;
    readonly action: string;
    readonly parameters?: Values;
    readonly advice?: boolean;
  }[];
  readonly explanation?: {
    readonly policies: readonly { readonly rules?: readonly RestTrace[] }[];
  };
}
