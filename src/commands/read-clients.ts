import type { ClientQuestions, KnownClients } from "../core/lint/known-clients.js";

/**
 * `base` with what a file of `--clients` says: its component types are added, and a policy type that
 * it names replaces the row of that name.
 *
 * @returns What is wrong with the text, in words, where something is.
 */
export function extendClients(base: KnownClients, text: string): KnownClients | string {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isMap(written)) return 'must be an object, such as {"component_types": ["gateway"]}';
  const unknown = unknownKey(written, ["component_types", "policy_types"]);
  if (unknown !== undefined) return `has the unknown key \`${unknown}\``;
  const componentTypes = textList(written["component_types"] ?? []);
  if (componentTypes === undefined) return "must have a list of texts as `component_types`";
  const types = written["policy_types"] ?? {};
  if (!isMap(types)) return "must have an object as `policy_types`";

  const policyTypes = new Map(base.policyTypes);
  for (const [type, row] of Object.entries(types)) {
    const questions = questionsOf(row);
    if (questions === undefined) {
      return `must have {"attributes": [texts], "operations": [texts]} as \`policy_types.${type}\``;
    }
    policyTypes.set(type, questions);
  }
  return { componentTypes: [...base.componentTypes, ...componentTypes], policyTypes };
}

function questionsOf(row: unknown): ClientQuestions | undefined {
  if (!isMap(row) || unknownKey(row, ["attributes", "operations"]) !== undefined) return undefined;
  const attributes = textList(row["attributes"]);
  const operations = textList(row["operations"] ?? []);
  return attributes && operations && { attributes, operations };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textList(value: unknown): readonly string[] | undefined {
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
  return isList ? value : undefined;
}

function unknownKey(map: object, known: readonly string[]): string | undefined {
  return Object.keys(map).find((key) => !known.includes(key));
}
