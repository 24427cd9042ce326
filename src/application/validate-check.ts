import { connectionViolations, isConnectionField } from "../core/connection-violations.js";
import { contextViolations, MOST_CONTEXT_KEYS } from "../core/context-violations.js";
import type { AttributeChange } from "../core/decision.js";
import { CONNECTION_TYPE } from "../core/policy-types.js";
import type { FieldViolation } from "../core/request.js";
import { decimalText, ownValue, type Value, type ValueMap } from "../core/values.js";
import type { ConnectionCheck, PolicyCheck } from "./check.js";
import { PdpError } from "./errors.js";
import { withoutTrust } from "./resolve-attributes.js";

/** A validated check: what both ways of asking come down to. */
export interface Question {
  readonly requestId: string;
  readonly policyType: string;
  /** Empty when not given. */
  readonly clientId: string;
  readonly attributes: ValueMap;
  /** Whether the connection's fields follow the rules of CheckConnection. */
  readonly isConnection: boolean;
  /** Whether they came as the fields of a message, which have types, and not inside a context. */
  readonly isMessage: boolean;
  /** Whether `attributes` are the connection's fields and nothing else. */
  readonly hasOnlyFields: boolean;
  readonly explain: boolean;
  readonly tracesOnly: boolean;
}

const MAX_POLICY_TYPE_LENGTH = 256;
const NONE: readonly FieldViolation[] = [];

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfConnection(check: ConnectionCheck): Question {
  const { requestId, clientId, context } = check;
  const fields = connectionFields(check);
  const hasContext = Object.keys(context).length > 0;
  refuse(
    connectionViolations(fields, ""),
    requestIdViolations(requestId),
    hasContext ? contextViolations(context, { refuseConnectionFields: true }) : NONE,
  );
  return {
    requestId,
    policyType: CONNECTION_TYPE,
    clientId,
    attributes: hasContext ? { ...context, ...fields } : fields,
    isConnection: true,
    isMessage: true,
    hasOnlyFields: !hasContext,
    explain: check.explain,
    tracesOnly: false,
  };
}

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfPolicy(check: PolicyCheck): Question {
  const isConnection = check.policyType === CONNECTION_TYPE;
  const given = ownValue(check.context, "client_id") ?? "";
  const clientId = textOfId(given);
  refuse(
    policyTypeViolations(check.policyType),
    requestIdViolations(check.requestId),
    contextViolations(check.context, { refuseConnectionFields: false }),
    isConnection ? connectionViolations(check.context, "context.") : NONE,
  );
  return {
    requestId: check.requestId,
    policyType: check.policyType,
    clientId,
    // What is no id names no client whose trust is known, and a match may still find one in it.
    attributes: clientId === "" && given !== "" ? withoutTrust(check.context) : check.context,
    isConnection,
    isMessage: false,
    hasOnlyFields: false,
    explain: check.explain,
    tracesOnly: check.tracesOnly ?? false,
  };
}

/**
 * Whether `question` would still be valid with these changes, asked as it was: a message of
 * CheckConnection carries no port as text. Looks at the changes only: the rest is valid.
 */
export function mayChange(
  { attributes, isConnection, isMessage }: Question,
  changes: readonly AttributeChange[],
): boolean {
  const given = Object.create(null) as Record<string, Value>;
  let keys = Object.keys(attributes).filter(
    (name) => !(isMessage && isConnectionField(name)),
  ).length;
  for (const { attribute, to } of changes) {
    const isGiven = Object.hasOwn(attributes, attribute);
    if (to !== undefined) given[attribute] = to;
    if (!isMessage || !isConnectionField(attribute)) {
      keys += (to === undefined ? 0 : 1) - (isGiven ? 1 : 0);
    } else if (!isGiven || to === "") return false; // No field of the message that decides.
  }
  const violations = [
    ...contextViolations(given, { refuseConnectionFields: false }),
    ...(isConnection ? connectionViolations(given, isMessage ? "" : "context.") : []),
  ];
  return violations.length === 0 && keys <= MOST_CONTEXT_KEYS;
}

/** A number is the client that its decimal text names, as in every comparison. */
function textOfId(id: Value): string {
  if (typeof id === "string") return id;
  return typeof id === "number" ? (decimalText(id) ?? "") : "";
}

/** The fields by their names in files and contexts; empty text and null are "not given". */
function connectionFields(check: ConnectionCheck): ValueMap {
  return {
    client_id: check.clientId,
    src_type: check.srcType,
    dst_type: check.dstType,
    src_ip: check.srcIp,
    dst_ip: check.dstIp,
    src_port: check.srcPort ?? null,
    dst_port: check.dstPort ?? null,
    protocol: check.protocol,
  };
}

function requestIdViolations(requestId: string): readonly FieldViolation[] {
  return requestId === "" ? NONE : connectionViolations({ request_id: requestId }, "");
}

function policyTypeViolations(policyType: string): readonly FieldViolation[] {
  const length = policyType.length;
  if (length >= 1 && length <= MAX_POLICY_TYPE_LENGTH) return NONE;
  const rule = `must have from 1 to ${MAX_POLICY_TYPE_LENGTH} characters, got ${length}`;
  return [{ field: "policy_type", rule }];
}

// Why not any number of lists: a list of them would be made for each check.
function refuse(
  first: readonly FieldViolation[],
  second: readonly FieldViolation[],
  third: readonly FieldViolation[],
  fourth: readonly FieldViolation[] = NONE,
): void {
  if (first.length + second.length + third.length + fourth.length === 0) return;
  const violations = [...first, ...second, ...third, ...fourth];
  throw new PdpError({ reason: "REQUEST_INVALID", violations });
}
