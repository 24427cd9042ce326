import type { DecisionPoint } from "../application/check.js";
import {
  type BatchCheckConnectionsRequest,
  type BatchCheckConnectionsResponse,
  type BatchCheckPoliciesRequest,
  type BatchCheckPoliciesResponse,
  type CheckConnectionRequest,
  type CheckConnectionResponse,
  type CheckPolicyRequest,
  type CheckPolicyResponse,
  type StreamCheckConnectionsRequest,
  type StreamCheckConnectionsResponse,
} from "../gen/flopynet/policy/v1/decision_service.js";
import {
  checkAnswerToProto,
  connectionCheckFromProto,
  policyCheckFromProto,
} from "./convert-decision.js";
import type { ServiceHandlers } from "./rpc.js";

/** `flopynet.policy.v1.PolicyDecisionService`. Converts messages; decides nothing. */
export function createDecisionHandlers(point: DecisionPoint): ServiceHandlers {
  return {
    checkConnection: {
      kind: "unary",
      handle: (request: CheckConnectionRequest): CheckConnectionResponse =>
        checkAnswerToProto(point.checkConnection(connectionCheckFromProto(request))),
    },
    batchCheckConnections: {
      kind: "unary",
      handle: (request: BatchCheckConnectionsRequest): BatchCheckConnectionsResponse => {
        const items = request.items.map(connectionCheckFromProto);
        const { results, policyVersion } = point.batchCheckConnections(items, request.explain);
        return {
          results: results.map(checkAnswerToProto),
          policyVersion: String(policyVersion),
        };
      },
    },
    streamCheckConnections: {
      kind: "bidi",
      handle: ({ check }: StreamCheckConnectionsRequest): StreamCheckConnectionsResponse => ({
        result: checkAnswerToProto(
          point.checkConnectionItem(check && connectionCheckFromProto(check)),
        ),
      }),
    },
    checkPolicy: {
      kind: "unary",
      handle: (request: CheckPolicyRequest): CheckPolicyResponse =>
        checkAnswerToProto(point.checkPolicy(policyCheckFromProto(request))),
    },
    batchCheckPolicies: {
      kind: "unary",
      handle: (request: BatchCheckPoliciesRequest): BatchCheckPoliciesResponse => {
        const items = request.items.map(policyCheckFromProto);
        const { results, policyVersion } = point.batchCheckPolicies(items, request.explain);
        return {
          results: results.map(checkAnswerToProto),
          policyVersion: String(policyVersion),
        };
      },
    },
  };
}
