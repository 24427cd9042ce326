import { connectionViolations } from "../core/connection-violations.js";
import { contextViolations } from "../core/context-violations.js";
import type { FieldViolation } from "../core/request.js";
import type { Value, ValueMap } from "../core/values.js";
import type { ConnectionCheck, PolicyCheck } from "./check.js";
import { PdpError } from "./errors.js";

/** A validated check: what both ways of asking come down to. */
export interface Question {
  readonly requestId: string;
  readonly policyType: string;
  /** Empty when not given. */
  readonly clientId: string;
  readonly attributes: ValueMap;
  /** Whether the connection's fields follow the rules of CheckConnection. */
  readonly isConnection: boolean;
  readonly explain: boolean;
}

const CONNECTION_TYPE = "network_security";
const MAX_POLICY_TYPE_LENGTH = 256;

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfConnection(check: ConnectionCheck): Question {
  const fields = connectionFields(check);
  refuse([
    ...connectionViolations({ ...fields, request_id: check.requestId }, ""),
    ...contextViolations(check.context, { refuseConnectionFields: true }),
  ]);
  return {
    requestId: check.requestId,
    policyType: CONNECTION_TYPE,
    clientId: check.clientId,
    attributes: { ...check.context, ...fields },
    isConnection: true,
    explain: check.explain,
  };
}

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfPolicy(check: PolicyCheck): Question {
  const isConnection = check.policyType === CONNECTION_TYPE;
  const clientId = Object.hasOwn(check.context, "client_id") ? check.context["client_id"] : "";
  refuse([
    ...policyTypeViolations(check.policyType),
    ...contextViolations(check.context, { refuseConnectionFields: false }),
    ...(isConnection ? connectionViolations(check.context, "context.") : []),
  ]);
  return {
    requestId: check.requestId,
    policyType: check.policyType,
    clientId: typeof clientId === "string" ? clientId : "",
    attributes: check.context,
    isConnection,
    explain: check.explain,
  };
}

/** Whether `question` would still be valid with these attributes. */
export function mayAsk({ isConnection }: Question, attributes: ValueMap): boolean {
  const violations = [
    ...contextViolations(attributes, { refuseConnectionFields: false }),
    ...(isConnection ? connectionViolations(attributes, "context.") : []),
  ];
  return violations.length === 0;
}

/** The fields that were given, by their names in files and contexts. */
function connectionFields(check: ConnectionCheck): Record<string, Value> {
  const fields: Record<string, Value> = {};
  const texts = {
    client_id: check.clientId,
    src_type: check.srcType,
    dst_type: check.dstType,
    src_ip: check.srcIp,
    dst_ip: check.dstIp,
    protocol: check.protocol,
  };
  for (const [name, text] of Object.entries(texts)) if (text !== "") fields[name] = text;
  if (check.srcPort !== undefined) fields["src_port"] = check.srcPort;
  if (check.dstPort !== undefined) fields["dst_port"] = check.dstPort;
  return fields;
}

function policyTypeViolations(policyType: string): FieldViolation[] {
  const length = policyType.length;
  if (length >= 1 && length <= MAX_POLICY_TYPE_LENGTH) return [];
  const rule = `must have from 1 to ${MAX_POLICY_TYPE_LENGTH} characters, got ${length}`;
  return [{ field: "policy_type", rule }];
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw new PdpError({ reason: "REQUEST_INVALID", violations });
}
