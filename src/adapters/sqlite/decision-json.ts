import { createNamesBeside, knownAttributes } from "../../application/known-attributes.js";
import type { LoggedDecision } from "../../application/ports/decision-log.js";
import { rememberTexts } from "../../application/remember-texts.js";
import type { ClientStanding, Decision } from "../../core/decision.js";
import type { TrustAttributes } from "../../core/trust-attributes.js";
import type { Value, ValueMap } from "../../core/values.js";

/** The JSON of an object that many decisions have: kept once for those that are stored together. */
export interface SharedJson {
  /** Tells it from all others of this process: a whole number. */
  readonly name: string;
  /** `,"name":json`. */
  readonly member: Buffer;
}

/** Shared objects, by name. */
export type SharedObjects = Readonly<Record<string, unknown>>;

/** A decision as it is stored: objects that it shares are named. */
export interface StoredDecision extends Omit<
  LoggedDecision,
  "decision" | "trust" | "clientAttributes"
> {
  /** A `Decision`. */
  readonly decision: number;
  /** Of `decision`, to be looked for. */
  readonly allowed: boolean;
  /** A `ClientStanding`. */
  readonly trust?: number;
  /** Attributes that are not among `attributes`. */
  readonly known?: number;
  /** The attribute `engine`, where it is not among `attributes`. */
  readonly engine?: number;
}

/** The JSON of a `StoredDecision`, and of what it names. */
export interface DecisionJson {
  readonly json: string;
  readonly shared: readonly SharedJson[];
}

/**
 * Makes the JSON of decisions. Why not `JSON.stringify`: the same answer is given again and again, the
 * same is known of a client, what the engine itself knows is one object for a second, and the same
 * names and addresses come.
 */
export function createDecisionJson(): (logged: LoggedDecision) => DecisionJson {
  const ofText = rememberTexts((text) => JSON.stringify(text));
  const ofName = rememberTexts((name) => `${JSON.stringify(name)}:`);
  const sharedJson = createSharedJson();
  const namesBeside = createNamesBeside();

  return (logged) => {
    const { requestId, trust, redactedPaths, attributes } = logged;
    const known = knownAttributes(logged);
    const shared: SharedJson[] = [];
    let named = "";
    const name = (member: string, object: object): void => {
      const json = sharedJson(object);
      shared.push(json);
      named += member + json.name;
    };
    name(',"decision":', logged.decision);
    if (known) name(',"known":', known);
    if (trust) name(',"trust":', trust);
    let own = "";
    for (const attribute of namesBeside(attributes, known)) {
      const value = attributes[attribute] ?? null;
      if (attribute === "engine" && typeof value === "object" && value !== null) {
        name(',"engine":', value);
      } else {
        const separator = own === "" ? "" : ",";
        own += separator + ofName(attribute) + jsonOf(value, ofText);
      }
    }
    const redacted =
      (redactedPaths ? `,"redactedPaths":${JSON.stringify(redactedPaths)}` : "") +
      (logged.redacted ? ',"redacted":true' : ',"redacted":false');
    const json =
      `{"decisionId":"${logged.decisionId}","timeMs":${logged.timeMs}` +
      `,"policyType":${ofText(logged.policyType)},"clientId":${ofText(logged.clientId)}` +
      `,"requestId":${requestId === "" ? '""' : JSON.stringify(requestId)}` +
      `,"allowed":${logged.decision.allowed}${named}${redacted}` +
      `,"durationMs":${logged.durationMs},"attributes":{${own}}}`;
    return { json, shared };
  };
}

function jsonOf(value: Value, ofText: (text: string) => string): string {
  return typeof value === "string" ? ofText(value) : JSON.stringify(value);
}

/** What `createDecisionJson` was given. */
export function storedToLogged(stored: StoredDecision, shared: SharedObjects): LoggedDecision {
  const { decision, allowed: _, trust, known, engine, attributes, ...rest } = stored;
  return {
    ...rest,
    attributes: {
      ...(known !== undefined && (shared[known] as TrustAttributes)),
      ...attributes,
      ...(engine !== undefined && { engine: shared[engine] as ValueMap }),
    },
    decision: shared[decision] as Decision,
    ...(trust !== undefined && { trust: shared[trust] as ClientStanding }),
  };
}

function createSharedJson(): (shared: object) => SharedJson {
  const known = new WeakMap<object, SharedJson>();
  let newest = 0;
  return (shared) => {
    let json = known.get(shared);
    if (!json) {
      const name = String((newest += 1));
      json = { name, member: Buffer.from(`,"${name}":${JSON.stringify(shared)}`) };
      known.set(shared, json);
    }
    return json;
  };
}
