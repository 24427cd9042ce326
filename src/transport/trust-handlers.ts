import type { EvaluateTrust } from "../application/evaluate-trust.js";
import { multiplierOf } from "../application/evaluate-trust.js";
import type { TrustLists } from "../application/list-trust.js";
import type { PardonClient } from "../application/pardon-client.js";
import type { Recalculation } from "../application/trust-state.js";
import type { ReportContribution } from "../application/report-contribution.js";
import type { ReportObservations } from "../application/report-observations.js";
import type { TrustRulesNow } from "../application/trust-rules-in-force.js";
import type {
  EvaluateTrustRequest,
  EvaluateTrustResponse,
  ListTrustDataSourcesRequest,
  ListTrustDataSourcesResponse,
  ListTrustHistoryRequest,
  ListTrustHistoryResponse,
  ListTrustScoresRequest,
  ListTrustScoresResponse,
  PardonClientRequest,
  PardonClientResponse,
  RecalculateTrustRequest,
  RecalculateTrustResponse,
  ReportObservationsRequest,
  ReportObservationsResponse,
} from "../gen/flopynet/policy/v1/trust_service.js";
import { structToValues } from "./convert-struct.js";
import {
  observationFromProto,
  statesFromProto,
  trustAnswerToProto,
  trustPointToProto,
  trustScoreToProto,
} from "./convert-trust.js";
import type { CallContext, ServiceHandlers } from "./rpc.js";

/** What trust can be asked, and told. */
export interface TrustUseCases {
  readonly evaluate: EvaluateTrust;
  readonly report: ReportObservations;
  readonly lists: TrustLists;
  readonly reportContribution: ReportContribution;
  readonly pardon: PardonClient;
  readonly recalculate: () => Promise<Recalculation>;
  readonly rulesNow: () => TrustRulesNow;
}

/** `flopynet.policy.v1.TrustService`. */
export function createTrustHandlers(trust: TrustUseCases): ServiceHandlers {
  return {
    evaluateTrust: {
      kind: "unary",
      handle: async (request: EvaluateTrustRequest): Promise<EvaluateTrustResponse> => {
        const { clientId, explain, asOfRound, runId, context } = request;
        const answer = await trust.evaluate({
          ...{ clientId, explain, runId, context: structToValues(context) },
          ...(asOfRound !== undefined && { asOfRound }),
        });
        return trustAnswerToProto(answer);
      },
    },
    reportObservations: {
      kind: "unary",
      handle: async ({
        observations,
        reporter,
      }: ReportObservationsRequest): Promise<ReportObservationsResponse> => {
        const answer = await trust.report(observations.map(observationFromProto), reporter);
        return { ...answer, rejected: answer.rejected.map((one) => ({ ...one })) };
      },
    },
    listTrustScores: {
      kind: "unary",
      handle: async (request: ListTrustScoresRequest): Promise<ListTrustScoresResponse> => {
        const { states, minScore, maxScore, orderBy, pageSize, pageToken } = request;
        const page = await trust.lists.scores({
          ...{ states: statesFromProto(states), orderBy, pageSize, pageToken },
          ...(minScore !== undefined && { minScore }),
          ...(maxScore !== undefined && { maxScore }),
        });
        return { ...page, scores: page.scores.map(trustScoreToProto) };
      },
    },
    listTrustHistory: {
      kind: "unary",
      handle: async (request: ListTrustHistoryRequest): Promise<ListTrustHistoryResponse> => {
        const { points, nextPageToken } = await trust.lists.points(request);
        return {
          points: points.map(({ reading, policyVersion }) =>
            trustPointToProto(reading, policyVersion),
          ),
          nextPageToken,
        };
      },
    },
    pardonClient: {
      kind: "unary",
      handle: async (
        { clientId, reason }: PardonClientRequest,
        call: CallContext,
      ): Promise<PardonClientResponse> => {
        const reading = await trust.pardon({ clientId, reason, operator: call.peer });
        const weightMultiplier = multiplierOf(reading, trust.rulesNow().rules);
        return { score: trustScoreToProto({ reading, weightMultiplier }) };
      },
    },
    recalculateTrust: {
      kind: "unary",
      handle: async (_request: RecalculateTrustRequest): Promise<RecalculateTrustResponse> => {
        const { observations, ...counts } = await trust.recalculate();
        return { ...counts, observations: String(observations) };
      },
    },
    listTrustDataSources: {
      kind: "unary",
      handle: async (
        _request: ListTrustDataSourcesRequest,
      ): Promise<ListTrustDataSourcesResponse> => ({
        dataSources: (await trust.lists.sources()).map((source) => ({
          reporter: source.reporter,
          observations: Object.fromEntries(
            Object.entries(source.counts).map(([kind, count]) => [kind, String(count)]),
          ),
          lastObservationTime: new Date(source.lastReceivedMs),
          lastRunId: source.lastRunId,
        })),
      }),
    },
  };
}
