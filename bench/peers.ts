import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { ValueMap } from "../src/core/values.js";

/** Another engine, loaded with the same rules. */
export interface Peer {
  /** With its version. */
  readonly name: string;
  allows(context: ValueMap): boolean | Promise<boolean>;
}

/** A rule that wants three texts; every deny wins over every allow, and nothing matched is a deny. */
export interface PeerRule {
  readonly src_type: string;
  readonly dst_type: string;
  readonly protocol: string;
  readonly effect: "allow" | "deny";
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const requirePeer = createRequire(new URL("package.json", import.meta.url));

/** Each written the way its manual says, and as fast as it goes: parsed once, no logging. */
export async function loadPeers(rules: readonly PeerRule[]): Promise<readonly Peer[]> {
  if (!existsSync(`${FOLDER}node_modules`)) {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: FOLDER, stdio: "inherit" });
  }
  return [await casbin(rules), rulesEngine(rules), casl(rules), cedar(rules)];
}

function named(name: string): string {
  const path = `${FOLDER}node_modules/${name}/package.json`;
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  return `${name} ${version}`;
}

interface Casbin {
  readonly newModelFromString: (text: string) => unknown;
  readonly newEnforcer: (model: unknown) => Promise<{
    addPolicies(rules: readonly (readonly string[])[]): Promise<boolean>;
    enforceSync(...request: readonly unknown[]): boolean;
  }>;
}

const CASBIN_MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
`;

async function casbin(rules: readonly PeerRule[]): Promise<Peer> {
  const { newEnforcer, newModelFromString } = requirePeer("casbin") as Casbin;
  const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL));
  await enforcer.addPolicies(
    rules.map(({ src_type, dst_type, protocol, effect }) => [src_type, dst_type, protocol, effect]),
  );
  return {
    name: named("casbin"),
    allows: (context) =>
      enforcer.enforceSync(context["src_type"], context["dst_type"], context["protocol"]),
  };
}

interface RulesEngine {
  readonly Engine: new (
    rules: readonly object[],
    options: { allowUndefinedFacts: boolean },
  ) => { run(facts: ValueMap): Promise<{ events: readonly { type: string }[] }> };
}

function rulesEngine(rules: readonly PeerRule[]): Peer {
  const { Engine } = requirePeer("json-rules-engine") as RulesEngine;
  const engine = new Engine(
    rules.map(({ effect, ...match }) => ({
      conditions: {
        all: Object.entries(match).map(([fact, value]) => ({ fact, operator: "equal", value })),
      },
      event: { type: effect },
    })),
    { allowUndefinedFacts: true },
  );
  return {
    name: named("json-rules-engine"),
    async allows(context) {
      const { events } = await engine.run(context);
      return events.length > 0 && events.every(({ type }) => type === "allow");
    },
  };
}

interface Casl {
  readonly createMongoAbility: (rules: readonly object[]) => {
    can(action: unknown, subject: unknown): boolean;
  };
  readonly subject: (type: unknown, fields: object) => object;
}

// In CASL the last rule that matches wins: the denies come last.
function casl(rules: readonly PeerRule[]): Peer {
  const { createMongoAbility, subject } = requirePeer("@casl/ability") as Casl;
  const denies = rules.filter(({ effect }) => effect === "deny");
  const allows = rules.filter(({ effect }) => effect === "allow");
  const ability = createMongoAbility(
    [...allows, ...denies].map(({ src_type, dst_type, protocol, effect }) => ({
      action: protocol,
      subject: dst_type,
      conditions: { src_type },
      inverted: effect === "deny",
    })),
  );
  return {
    name: named("@casl/ability"),
    allows: ({ src_type, dst_type, protocol }) =>
      ability.can(protocol, subject(dst_type, { src_type })),
  };
}

interface Cedar {
  readonly preparsePolicySet: (id: string, policies: object) => { type: string };
  readonly statefulIsAuthorized: (call: object) => { response?: { decision: string } };
}

function cedar(rules: readonly PeerRule[]): Peer {
  const { preparsePolicySet, statefulIsAuthorized } = requirePeer(
    "@cedar-policy/cedar-wasm/nodejs",
  ) as Cedar;
  const staticPolicies = rules
    .map(
      ({ src_type, dst_type, protocol, effect }) =>
        `${effect === "allow" ? "permit" : "forbid"} (principal == Type::"${src_type}", ` +
        `action == Action::"${protocol}", resource == Type::"${dst_type}");`,
    )
    .join("\n");
  const parsed = preparsePolicySet("bench", { staticPolicies });
  if (parsed.type !== "success") throw new Error(`cedar: ${JSON.stringify(parsed)}`);
  return {
    name: named("@cedar-policy/cedar-wasm"),
    allows({ src_type, dst_type, protocol }) {
      const answer = statefulIsAuthorized({
        principal: { type: "Type", id: src_type },
        action: { type: "Action", id: protocol },
        resource: { type: "Type", id: dst_type },
        context: {},
        preparsedPolicySetId: "bench",
        validateRequest: false,
        entities: [],
      });
      if (!answer.response) throw new Error(`cedar: ${JSON.stringify(answer)}`);
      return answer.response.decision === "allow";
    },
  };
}
