import type { RecordedDecisionPoint } from "../application/answer-when-recorded.js";
import type { BatchAnswer, MaybeLater } from "../application/check.js";
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
export function createDecisionHandlers(point: RecordedDecisionPoint): ServiceHandlers {
  return {
    checkConnection: {
      kind: "unary",
      handle: (request: CheckConnectionRequest): MaybeLater<CheckConnectionResponse> =>
        converted(point.checkConnection(connectionCheckFromProto(request)), checkAnswerToProto),
    },
    batchCheckConnections: {
      kind: "unary",
      handle: ({
        items,
        explain,
      }: BatchCheckConnectionsRequest): MaybeLater<BatchCheckConnectionsResponse> =>
        converted(
          point.batchCheckConnections(items.map(connectionCheckFromProto), explain),
          batchAnswerToProto,
        ),
    },
    streamCheckConnections: {
      kind: "bidi",
      handle: ({
        check,
      }: StreamCheckConnectionsRequest): MaybeLater<StreamCheckConnectionsResponse> =>
        converted(
          point.checkConnectionItem(check && connectionCheckFromProto(check)),
          (answer) => ({ result: checkAnswerToProto(answer) }),
        ),
    },
    checkPolicy: {
      kind: "unary",
      handle: (request: CheckPolicyRequest): MaybeLater<CheckPolicyResponse> =>
        converted(point.checkPolicy(policyCheckFromProto(request)), checkAnswerToProto),
    },
    batchCheckPolicies: {
      kind: "unary",
      handle: ({
        items,
        explain,
      }: BatchCheckPoliciesRequest): MaybeLater<BatchCheckPoliciesResponse> =>
        converted(
          point.batchCheckPolicies(items.map(policyCheckFromProto), explain),
          batchAnswerToProto,
        ),
    },
  };
}

// Why not `await`: an answer that is there is given in the same turn.
function converted<Answer, Message>(
  answer: MaybeLater<Answer>,
  toProto: (answer: Answer) => Message,
): MaybeLater<Message> {
  return answer instanceof Promise ? answer.then(toProto) : toProto(answer);
}

function batchAnswerToProto({ results, policyVersion }: BatchAnswer) {
  return { results: results.map(checkAnswerToProto), policyVersion: String(policyVersion) };
}
