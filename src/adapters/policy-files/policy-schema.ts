import { z } from "zod";
import { VERB_CLASSES, type VerbClass } from "../../core/verbs.js";
import { policyDocument, policyFileDocument, ruleDocument } from "./policy-document.js";

type Schema = z.core.JSONSchema.BaseSchema;

const ID = "urn:flopynet:policy-file";

/** Any of `words` for completion, and each of them in any case, as the engine takes it. */
function anyCase(...words: readonly string[]): Schema {
  return { anyOf: [{ enum: [...words] }, { type: "string", pattern: anyCasePattern(words) }] };
}

function anyCasePattern(words: readonly string[]): string {
  const pattern = (word: string): string =>
    word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
  return `^(?:${words.map(pattern).join("|")})$`;
}

const VERB_CLASS_WORDS: Readonly<Record<VerbClass, string>> = {
  deny: "Denies what the rule matches.",
  allow: "Allows what the rule matches.",
  parameter: "Returns the rule's parameters; allows and denies nothing.",
  record: "Advice to the enforcement point; allows and denies nothing.",
};

function verbs(): Schema {
  const classes = Object.entries(VERB_CLASS_WORDS).map(([verbClass, description]) => ({
    title: `${verbClass} class`,
    description,
    enum: [...VERB_CLASSES].filter(([, one]) => one === verbClass).map(([verb]) => verb),
  }));
  const inAnyCase = { type: "string" as const, pattern: anyCasePattern([...VERB_CLASSES.keys()]) };
  return { type: "string", anyOf: [...classes, inAnyCase] };
}

const SCALAR: Schema = {
  anyOf: [
    { type: "string", not: { pattern: "^\\s*(?:[<>]|==|!=)" } },
    { type: "number" },
    { type: "boolean" },
  ],
};
const MATCH_VALUE: Schema = {
  anyOf: [...(SCALAR.anyOf ?? []), { type: "array", minItems: 1, items: SCALAR }],
};

/** `description` and `examples` of a key of `match`; what it takes is the same for all. */
function matchKey(description: string, ...examples: readonly unknown[]): Schema {
  return { ...MATCH_VALUE, description, examples: [...examples] };
}

const MATCH_KEYS: Readonly<Record<string, Schema>> = {
  src_type: matchKey("Component type of the source; `any` is every type.", "fl-client", "any"),
  dst_type: matchKey("Component type of the destination; `any` is every type.", "fl-server"),
  src_ip: matchKey("IPv4 or IPv6 address or CIDR of the source.", "10.0.0.0/8", "::1"),
  dst_ip: matchKey("IPv4 or IPv6 address or CIDR of the destination.", "192.168.100.10"),
  src_ip_range: matchKey("Addresses from-to, both inclusive.", "10.0.0.1-10.0.0.9"),
  dst_ip_range: matchKey("Addresses from-to, both inclusive.", "10.0.0.1-10.0.0.9"),
  src_port: matchKey("A port from 1 to 65535, a range, or several.", 8080, "1-1023"),
  dst_port: matchKey("A port from 1 to 65535, a range, or several.", 8080, "22-79,81-8079"),
  src_port_range: matchKey("Ranges of ports.", "1-1023"),
  dst_port_range: matchKey("Ranges of ports.", "22-79,81-8079"),
  protocol: matchKey("Name in any case, or number from 0 to 255.", "tcp", "udp", "icmp", 6),
  operation: matchKey("What the component asks to do.", "model_training"),
  client_id: matchKey("The FL client on whose behalf the question is."),
};

const CONDITION: Schema = {
  description:
    "What must hold besides: a subset of CEL, or the older spelling (AND, OR, NOT). A name is a parameter of the rule, else an attribute of the request.",
  examples: ["client.trust_score < 0.3", "current_hour >= start AND current_hour <= end"],
  minLength: 1,
  maxLength: 4096,
  pattern: "\\S",
};

const RULE_FIELDS = {
  id: { description: "Unique in the policy. Without one it is the rule's position, from 0." },
  rule_id: { description: "Another spelling of `id`." },
  action: { ...verbs(), description: "What the rule does: the verb, in any case." },
  description: { description: "What it is for; a denial shows it." },
  match: {
    description: "What must hold of the request: every key. Absent or empty: every request.",
  },
  condition: CONDITION,
  parameters: {
    description:
      "Values that the condition reads, and that a rule of a parameter verb returns. Those of an allow rule are not returned.",
  },
  severity: { description: "How serious a violation is.", default: "medium" },
  enabled: { description: "False: kept and checked, and takes no part.", default: true },
  idle_timeout: { description: "Seconds; for the SDN controller, kept as it is." },
  hard_timeout: { description: "Seconds; for the SDN controller, kept as it is." },
} satisfies Record<keyof typeof ruleDocument.shape, Schema>;

const POLICY_FIELDS = {
  id: { description: "Unique in the file. In an object of policies it is the key." },
  name: { description: "A short name for people." },
  type: {
    description: "The kind of question it answers. Any name; compared exactly, with case.",
    examples: ["network_security", "fl_client_training", "fl_server_control", "trust_reputation"],
  },
  description: { description: "What it is for." },
  priority: { description: "Higher is earlier; int32.", default: 0 },
  enabled: { description: "False: kept and checked, and takes no part.", default: true },
  combining: {
    ...anyCase("FIRST_APPLICABLE", "DENY_OVERRIDES", "PERMIT_OVERRIDES"),
    description:
      "How its rules combine. Without it as the type does: FIRST_APPLICABLE for network_security, else DENY_OVERRIDES.",
  },
  default_effect: {
    ...anyCase("PERMIT", "DENY"),
    description: "What answers when no rule of the type applied. PERMIT never weakens a DENY.",
  },
  on_error: {
    ...anyCase("DENY", "SKIP"),
    description: "What a rule that cannot be evaluated does.",
  },
  rules: { description: "The rules, in the order in which they are looked at." },
} satisfies Record<keyof typeof policyDocument.shape, Schema>;

const FILE_FIELDS = {
  version: { description: "Raise it to raise the version of the policy set; at least 1." },
  policies: { description: "Policies by id, or a list of policies that carry their ids." },
  deleted: { description: "Ids of default policies that this file removes." },
} satisfies Record<keyof typeof policyFileDocument.shape, Schema>;

/** The JSON Schema of policy files (draft-07, which every editor takes), from the loader's own schema. */
export function policySchema(): object {
  const schema = z.toJSONSchema(policyFileDocument, {
    target: "draft-07",
    io: "input",
    override({ zodSchema, jsonSchema }) {
      if (zodSchema === ruleDocument) describeRule(jsonSchema);
      else if (zodSchema === policyDocument) describePolicy(jsonSchema);
      else if (zodSchema === policyFileDocument) describeFile(jsonSchema);
    },
  });
  const { $schema, ...rest } = schema;
  requireIdsInLists(rest);
  const about = "Policies of the FLOPY-NET policy engine: policies.json, default_policies.json.";
  return { $schema, $id: ID, title: "Policy file", description: about, ...rest };
}

// In an object of policies the key is the id.
function requireIdsInLists(file: Schema): void {
  const list = propertyOf(file, "policies").anyOf?.[1];
  if (typeof list !== "object") throw new Error("the schema has no list of policies");
  list.items = { allOf: [list.items as Schema, { required: ["id"] }] };
}

function describeRule(schema: Schema): void {
  describe(schema, RULE_FIELDS);
  const [match] = propertyOf(schema, "match").anyOf ?? [];
  if (typeof match !== "object") throw new Error("the schema of a rule has no object for `match`");
  Object.assign(match, {
    properties: { condition: CONDITION, ...MATCH_KEYS },
    additionalProperties: MATCH_VALUE,
  });
  Object.assign(schema, {
    title: "Rule",
    description: "If its match and its condition hold, its action counts.",
  });
}

function describePolicy(schema: Schema): void {
  describe(schema, POLICY_FIELDS);
  Object.assign(schema, {
    title: "Policy",
    description: "A set of rules about one kind of question.",
    required: ["type"],
    // A policy with code has no rules: it loads, and denies with an error.
    anyOf: [
      { required: ["rules"] },
      { required: ["function_id"] },
      { required: ["function_code"] },
    ],
  });
}

function describeFile(schema: Schema): void {
  describe(schema, FILE_FIELDS);
  schema.properties = { $schema: { type: "string" }, ...schema.properties };
}

function describe(schema: Schema, fields: Readonly<Record<string, Schema>>): void {
  for (const [name, about] of Object.entries(fields))
    Object.assign(propertyOf(schema, name), about);
}

function propertyOf(schema: Schema, name: string): Schema {
  const property = schema.properties?.[name];
  if (typeof property !== "object") throw new Error(`the schema has no property \`${name}\``);
  return property;
}
