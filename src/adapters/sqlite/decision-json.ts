import {
  createNamesBeside,
  knownAttributes,
  withNames,
} from "../../application/known-attributes.js";
import type { LoggedDecision } from "../../application/ports/decision-log.js";
import { rememberTexts } from "../../application/remember-texts.js";
import type { ClientStanding, Decision } from "../../core/decision.js";
import type { TrustAttributes } from "../../core/trust-attributes.js";
import { isList, type Value, type ValueMap } from "../../core/values.js";

/** The JSON of an object that many decisions have: kept once for those that are stored together. */
export interface SharedJson {
  /** The member of a decision that has its name: a number of its own in this process. */
  readonly named: string;
  /** `,"name":json`. */
  readonly member: Buffer;
}

/** Shared objects, by name. */
export type SharedObjects = Readonly<Record<string, unknown>>;

/** A decision as it is stored: objects that it shares are named. */
export interface StoredDecision extends Omit<
  LoggedDecision,
  "attributes" | "clientAttributes" | "decision" | "redacted" | "requestId" | "trust"
> {
  /** Absent where it is empty. */
  readonly requestId?: string;
  /** Absent where it is false. */
  readonly redacted?: boolean;
  /** A `Decision`. */
  readonly decision: number;
  /** Of `decision`, to be looked for. */
  readonly allowed: boolean;
  /** A `ClientStanding`. */
  readonly trust?: number;
  /** Attributes that are not among `attributes`. */
  readonly known?: number;
  /** The attribute `engine`, where `attributes` does not have it. */
  readonly engine?: number;
  /** The list of their names, and the value of each. Older engines stored a map. */
  readonly attributes: readonly [number, ...Value[]] | ValueMap;
}

/** The JSON of a `StoredDecision`, and of what it names. */
export interface DecisionJson {
  readonly json: string;
  readonly shared: readonly SharedJson[];
  /** Bytes of `shared`. */
  readonly sharedLength: number;
}

/**
 * Makes the JSON of decisions. Why not `JSON.stringify`: the same answer is given again and again, the
 * same is known of a client, what the engine itself knows is one object for a second, and the same
 * names and addresses come.
 */
export function createDecisionJson(): (logged: LoggedDecision) => DecisionJson {
  const ofPolicyType = rememberTexts((text) => `,"policyType":${JSON.stringify(text)}`);
  const ofClientId = rememberTexts((text) => `,"clientId":${JSON.stringify(text)}`);
  const elementOf = rememberTexts((text) => `,${JSON.stringify(text)}`);
  const sharedAs = createSharedJson();
  const allowedBy = sharedAs(',"allowed":true,"decision":');
  const deniedBy = sharedAs(',"allowed":false,"decision":');
  const ofKnown = sharedAs(',"known":');
  const ofTrust = sharedAs(',"trust":');
  const ofEngine = sharedAs(',"engine":');
  const ofNames = sharedAs(',"attributes":[');
  const namesBeside = createNamesBeside();

  return (logged) => {
    const { decision, trust, attributes } = logged;
    const known = knownAttributes(logged);
    const names = namesBeside(attributes, known);
    const shared = [decision.allowed ? allowedBy(decision) : deniedBy(decision)];
    if (known) shared.push(ofKnown(known));
    if (trust) shared.push(ofTrust(trust));
    let elements = "";
    for (const name of names) {
      const value = attributes[name] ?? null;
      if (typeof value === "string") {
        elements += elementOf(value);
      } else if (name === "engine" && typeof value === "object" && value !== null) {
        shared.push(ofEngine(value));
        elements += ",null";
      } else {
        elements += `,${jsonOf(value)}`;
      }
    }
    shared.push(ofNames(names));
    let members = logged.requestId === "" ? "" : `,"requestId":${JSON.stringify(logged.requestId)}`;
    if (logged.redacted) members += ',"redacted":true';
    if (logged.redactedPaths) members += `,"redactedPaths":${JSON.stringify(logged.redactedPaths)}`;
    let sharedLength = 0;
    for (const { named, member } of shared) {
      members += named;
      sharedLength += member.length;
    }
    const json =
      `{"decisionId":"${logged.decisionId}","timeMs":${logged.timeMs}` +
      `,"durationMs":${logged.durationMs}${ofPolicyType(logged.policyType)}` +
      `${ofClientId(logged.clientId)}${members}${elements}]}`;
    return { json, shared, sharedLength };
  };
}

function jsonOf(value: Value): string {
  // Most are ports: `JSON.stringify` takes many times as long.
  return typeof value === "number" && Number.isFinite(value)
    ? String(value)
    : JSON.stringify(value);
}

/** What `createDecisionJson` was given. */
export function storedToLogged(stored: StoredDecision, shared: SharedObjects): LoggedDecision {
  const { decision, allowed: _, trust, known, engine, attributes, ...rest } = stored;
  return {
    requestId: "",
    redacted: false,
    ...rest,
    attributes: {
      ...(known !== undefined && (shared[known] as TrustAttributes)),
      ...attributesOf(attributes, shared),
      ...(engine !== undefined && { engine: shared[engine] as ValueMap }),
    },
    decision: shared[decision] as Decision,
    ...(trust !== undefined && { trust: shared[trust] as ClientStanding }),
  };
}

function attributesOf(stored: StoredDecision["attributes"], shared: SharedObjects): ValueMap {
  if (!isList(stored)) return stored;
  const [names, ...values] = stored;
  return withNames(shared[names] as readonly string[], (index) => values[index]);
}

/** The JSON of objects for a member that opens so. An object that is always the same member is written once. */
function createSharedJson(): (opening: string) => (shared: object) => SharedJson {
  const made = new WeakMap<object, SharedJson & { readonly opening: string }>();
  let newest = 0;
  return (opening) => (shared) => {
    let json = made.get(shared);
    if (json?.opening !== opening) {
      newest += 1;
      const member = Buffer.from(`,"${newest}":${JSON.stringify(shared)}`);
      json = { opening, named: opening + String(newest), member };
      made.set(shared, json);
    }
    return json;
  };
}
