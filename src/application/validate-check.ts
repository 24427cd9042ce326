import { connectionViolations } from "../core/connection-violations.js";
import { contextViolations } from "../core/context-violations.js";
import type { FieldViolation } from "../core/request.js";
import type { ValueMap } from "../core/values.js";
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
const NONE: readonly FieldViolation[] = [];

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfConnection(check: ConnectionCheck): Question {
  const { requestId, clientId, context } = check;
  const fields = connectionFields(check);
  refuse(
    connectionViolations(fields, ""),
    requestIdViolations(requestId),
    contextViolations(context, { refuseConnectionFields: true }),
  );
  return {
    requestId,
    policyType: CONNECTION_TYPE,
    clientId,
    attributes: Object.keys(context).length === 0 ? fields : { ...context, ...fields },
    isConnection: true,
    explain: check.explain,
  };
}

/** @throws {PdpError} REQUEST_INVALID with every broken rule. */
export function questionOfPolicy(check: PolicyCheck): Question {
  const isConnection = check.policyType === CONNECTION_TYPE;
  const clientId = Object.hasOwn(check.context, "client_id") ? check.context["client_id"] : "";
  refuse(
    policyTypeViolations(check.policyType),
    requestIdViolations(check.requestId),
    contextViolations(check.context, { refuseConnectionFields: false }),
    isConnection ? connectionViolations(check.context, "context.") : NONE,
  );
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

function refuse(...violations: readonly (readonly FieldViolation[])[]): void {
  if (violations.every(({ length }) => length === 0)) return;
  throw new PdpError({ reason: "REQUEST_INVALID", violations: violations.flat() });
}
