import { nearest } from "../nearest.js";
import type { Policy, Rule } from "../policy.js";
import type { TargetField } from "../target.js";
import { isList, type Value } from "../values.js";
import { outsideNames } from "./check-conditions.js";
import type { LintFinding, LintInput, RuleFinding } from "./finding.js";
import { deceptiveCharacter, plainTwin } from "./lookalike.js";
import { constraintsOf, contradiction } from "./target-relation.js";
import { CONNECTION_TYPE, plainSpelling } from "../policy-types.js";

export function* neverMatches({ target }: Rule): Iterable<RuleFinding> {
  const pair = contradiction(constraintsOf(target));
  if (pair === undefined) return;
  const [{ key: first }, { key: second }] = pair;
  yield {
    keys: ["match", second],
    message: `\`${first}\` and \`${second}\` have nothing in common: the rule never matches`,
    suggestion: "keep one of the two",
  };
}

/** Text that looks like a wildcard and is compared as it is, and wildcards that swallow a list. */
export function* deadWildcards({ target }: Rule): Iterable<RuleFinding> {
  for (const { key, expected, kind } of target) {
    const keys = ["match", key];
    const elements: readonly Value[] = isList(expected) ? expected : [expected];
    if (kind === "any") {
      if (elements.length === 1) continue;
      const message = `\`${key}\` has a wildcard in its list, so it constrains nothing`;
      yield { keys, message, suggestion: "remove the wildcard, or the other values" };
      continue;
    }
    if (kind !== "equals" && kind !== "protocol") continue;
    for (const text of elements) {
      if (typeof text !== "string") continue;
      const isGlob = text.includes("*");
      if (!isGlob && !/^(?:any|all)$/i.test(text)) continue;
      yield {
        keys,
        message: `${JSON.stringify(text)} is ordinary text and equals only itself: ${
          isGlob ? "there are no patterns" : "it is no wildcard"
        }`,
        suggestion: isGlob
          ? "list the values, or write startsWith(...) or endsWith(...) in the condition"
          : 'write "any" if every value is meant',
      };
    }
  }
}

export function* shadowingParameters({ target, parameters }: Rule): Iterable<RuleFinding> {
  for (const { key } of target) {
    if (!Object.hasOwn(parameters, key)) continue;
    yield {
      keys: ["parameters", key],
      message: `the parameter \`${key}\` has the name of an attribute that \`match\` compares: the condition reads the parameter`,
      suggestion: "rename the parameter",
    };
  }
}

/** The types that the engine itself knows. */
const ENGINE_TYPES: readonly string[] = [CONNECTION_TYPE, "trust_reputation", "security"];
const COMPONENT_KEYS: readonly string[] = ["src_type", "dst_type"];

/** Letters of other alphabets in names that are compared exactly. */
export function* deceptiveNames({
  policies,
  clients,
}: LintInput): Iterable<LintFinding | undefined> {
  const known = new Set([
    ...clients.componentTypes,
    ...clients.policyTypes.keys(),
    ...ENGINE_TYPES,
    ...policies.map(({ type }) => type),
  ]);
  for (const policy of policies) {
    const ofType = deceptionOf(policy.type, known);
    if (ofType !== undefined) yield { policyId: policy.id, keys: ["type"], ...ofType };
    for (const { index, target } of policy.rules) {
      yield undefined;
      for (const field of target) {
        for (const name of namesIn(field)) {
          const deception = deceptionOf(name, known);
          if (deception === undefined) continue;
          yield { policyId: policy.id, ruleIndex: index, keys: ["match", field.key], ...deception };
        }
      }
    }
  }
}

/** Types that differ from a known one, or from one of the set, only in case, dashes or blanks. */
export function* misspeltTypes({
  policies,
  clients,
}: LintInput): Iterable<LintFinding | undefined> {
  const known = new Map(
    [...ENGINE_TYPES, ...clients.policyTypes.keys()].map((type) => [plainSpelling(type), type]),
  );
  for (const { id, type } of policies) {
    yield undefined;
    const meant = known.get(plainSpelling(type)) ?? type;
    known.set(plainSpelling(type), meant);
    if (meant === type) continue;
    yield {
      ...{ policyId: id, keys: ["type"] },
      message: `types are compared exactly: who asks for \`${meant}\` is not answered by this policy of \`${type}\``,
      suggestion: `write \`${meant}\``,
    };
  }
}

function namesIn({ key, expected }: TargetField): readonly string[] {
  if (!COMPONENT_KEYS.includes(key)) return [key];
  const values = isList(expected) ? expected : [expected];
  return [key, ...values.filter((value) => typeof value === "string")];
}

function deceptionOf(
  name: string,
  known: ReadonlySet<string>,
): Pick<LintFinding, "message" | "suggestion"> | undefined {
  const twin = plainTwin(name);
  const character = deceptiveCharacter(name);
  if (character === undefined && (twin === undefined || !known.has(twin))) return undefined;
  const odd =
    character === undefined ? "letters of another alphabet" : `the character ${character}`;
  return {
    message: `${JSON.stringify(name)} has ${odd}: it is not what it looks like`,
    ...(twin === undefined ? {} : { suggestion: `write ${JSON.stringify(twin)}` }),
  };
}

/** Deny rules that wait for a component, an operation or an attribute that no client has. */
export function* unreachableDenies(
  rule: Rule,
  policy: Policy,
  { clients }: LintInput,
): Iterable<RuleFinding> {
  if (rule.verbClass !== "deny") return;
  const asked = clients.policyTypes.get(policy.type);
  for (const field of rule.target) {
    if (field.kind === "any") continue;
    const { key } = field;
    if (policy.type === CONNECTION_TYPE && COMPONENT_KEYS.includes(key)) {
      if (valuesOf(field).some((value) => clients.componentTypes.includes(value))) continue;
      yield unreachable(key, `no known component is ${listed(valuesOf(field))}`, {
        meant: nearestOf(valuesOf(field), clients.componentTypes),
      });
    } else if (asked !== undefined && !isSent(key.split("."), asked.attributes)) {
      yield unreachable(key, `no known client sends \`${key}\` with \`${policy.type}\``, {
        meant: nearest(key, asked.attributes),
      });
    } else if (asked !== undefined && key === "operation" && asked.operations.length > 0) {
      if (valuesOf(field).some((value) => asked.operations.includes(value))) continue;
      yield unreachable(key, `no known client asks for ${listed(valuesOf(field))}`, {
        meant: nearestOf(valuesOf(field), asked.operations),
      });
    }
  }
}

function unreachable(
  key: string,
  why: string,
  { meant }: { readonly meant: string | undefined },
): RuleFinding {
  const message = `${why}: as far as is known, the rule denies nothing`;
  return {
    ...{ keys: ["match", key], message },
    ...(meant === undefined ? {} : { suggestion: `write \`${meant}\`` }),
  };
}

/** Component types that nobody has, in rules that do not deny (those have a check of their own). */
export function* unknownComponents(
  rule: Rule,
  policy: Policy,
  { clients }: LintInput,
): Iterable<RuleFinding> {
  if (policy.type !== CONNECTION_TYPE || rule.verbClass === "deny") return;
  for (const field of rule.target) {
    if (field.kind === "any" || !COMPONENT_KEYS.includes(field.key)) continue;
    const unknown = valuesOf(field).filter((value) => !clients.componentTypes.includes(value));
    if (unknown.length === 0) continue;
    const meant = nearestOf(unknown, clients.componentTypes);
    yield {
      keys: ["match", field.key],
      message: `no known component is ${listed(unknown)}`,
      ...(meant === undefined ? {} : { suggestion: `write \`${meant}\`` }),
    };
  }
}

/** Attributes that no client sends with questions of the policy's type; each once per policy. */
export function* unsentAttributes({
  policies,
  clients,
}: LintInput): Iterable<LintFinding | undefined> {
  for (const policy of policies) {
    const asked = clients.policyTypes.get(policy.type);
    if (asked === undefined) continue;
    const told = new Set<string>();
    for (const rule of policy.rules) {
      yield undefined;
      for (const { name, keys } of namesRead(rule)) {
        if (told.has(name) || isSent(name.split("."), asked.attributes)) continue;
        told.add(name);
        const meant = nearest(name, asked.attributes);
        yield {
          ...{ policyId: policy.id, ruleIndex: rule.index, keys },
          message: `no known client sends \`${name}\` with \`${policy.type}\``,
          ...(meant === undefined ? {} : { suggestion: `was \`${meant}\` meant?` }),
        };
      }
    }
  }
}

interface NameRead {
  readonly name: string;
  readonly keys: readonly string[];
}

// A deny rule that waits for such an attribute in `match` has a check of its own.
function namesRead(rule: Rule): readonly NameRead[] {
  const matched = rule.verbClass === "deny" ? [] : rule.target;
  return [
    ...matched
      .filter(({ kind }) => kind !== "any")
      .map(({ key }) => ({ name: key, keys: ["match", key] })),
    ...outsideNames(rule).map((path) => ({ name: path.join("."), keys: ["condition"] })),
  ];
}

const ENGINE_ROOTS = ["client", "violation", "trust_score_change", "engine", "policy_engine"];

/** The engine sends its own names, and a client may send a whole map under the first step. */
function isSent(path: readonly string[], attributes: readonly string[]): boolean {
  const [root = ""] = path;
  if (ENGINE_ROOTS.includes(root)) return true;
  return attributes.includes(root) || attributes.includes(path.join("."));
}

function valuesOf({ expected }: TargetField): readonly string[] {
  return (isList(expected) ? expected : [expected]).map(String);
}

function nearestOf(values: readonly string[], known: readonly string[]): string | undefined {
  for (const value of values) {
    const meant = nearest(value.replaceAll("_", "-"), known) ?? nearest(value, known);
    if (meant !== undefined) return meant;
  }
  return undefined;
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, 5).map((value) => JSON.stringify(value));
  return [...shown, ...(values.length > 5 ? ["..."] : [])].join(" or ");
}
