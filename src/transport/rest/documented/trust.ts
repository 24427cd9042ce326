import { z } from "zod";
import type { TrustReading } from "../../../core/trust/trust-reading.js";
import { limitParameter, textParameter } from "../query-schemas.js";
import { declareRoute, type RouteDeclaration } from "../route-declaration.js";

const MOST_SCORES = 1000;

const score = z.looseObject({
  client_id: z.string(),
  trust_score: z.number(),
  state: z.string(),
  weight_multiplier: z.number(),
  change: z.number(),
  factors: z.record(z.string(), z.number()),
});

const threshold = textParameter.transform((text, context): number | undefined => {
  if (text === undefined) return undefined;
  if (/^(0|1|0?\.\d{1,15}|[01]\.\d{1,15})$/.test(text) && Number(text) <= 1) return Number(text);
  context.addIssue("must be a number from 0 to 1");
  return z.NEVER;
});

const contributionBody = z.looseObject({
  event_type: z.string().optional(),
  performance_metrics: z.looseObject({}).optional(),
  behavioral_data: z.looseObject({}).optional(),
  context: z
    .looseObject({ experiment_id: z.string(), round: z.int() })
    .meta({ description: "Which open round of which run" }),
});

/** Trust as FLOPY-NET's pages ask for it. */
export const TRUST_ROUTES: readonly RouteDeclaration[] = [
  declareRoute({
    method: "POST",
    path: "/api/v1/trust/recalculate",
    origin: "documented",
    summary: "Computes every score anew and compares",
    rpc: "TrustService.RecalculateTrust",
    answer: z.object({
      ...{ success: z.boolean(), clients: z.int(), observations: z.int(), differences: z.int() },
    }),
    handle: async (_request, { trust }) => {
      const counts = await trust.recalculate();
      return { json: { success: counts.differences === 0, ...counts } };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/api/v1/trust/data-sources",
    origin: "documented",
    summary: "Who reported what",
    rpc: "TrustService.ListTrustDataSources",
    answer: z.object({ data_sources: z.array(z.looseObject({})), total: z.int() }),
    handle: async (_request, { trust }) => {
      const sources = await trust.lists.sources();
      const shown = sources.map(({ reporter, counts, lastReceivedMs, lastRunId }) => ({
        ...{ reporter, observations: counts },
        last_observation: new Date(lastReceivedMs).toISOString(),
        last_run_id: lastRunId,
      }));
      return { json: { data_sources: shown, total: shown.length } };
    },
  }),
  declareRoute({
    method: "GET",
    path: "/trust/scores",
    origin: "described",
    summary: "Trust scores, of one client or of all, from a threshold on",
    rpc: "TrustService.ListTrustScores",
    query: z.object({
      client_id: textParameter,
      threshold,
      limit: limitParameter({ most: MOST_SCORES, usual: 100 }),
    }),
    answer: z.object({ trust_scores: z.array(score), total: z.int() }),
    handle: async ({ query }, { trust }) => {
      const page = await trust.lists.scores({
        ...{ states: [], orderBy: "", pageSize: query.limit, pageToken: "" },
        ...(query.client_id !== undefined && { clientId: query.client_id }),
        ...(query.threshold !== undefined && { minScore: query.threshold }),
      });
      const shown = page.scores.map(({ reading, weightMultiplier }) =>
        scoreJson(reading, weightMultiplier),
      );
      return { json: { trust_scores: shown, total: page.totalSize } };
    },
  }),
  declareRoute({
    method: "POST",
    path: "/trust/scores/{client_id}",
    origin: "described",
    summary: "Reports a completed update of an open round; 409 where no such round is open",
    rpc: "TrustService.ReportObservations",
    body: contributionBody,
    answer: z.object({
      ...{ client_id: z.string(), previous_trust_score: z.number(), new_trust_score: z.number() },
      ...{ change: z.number(), factors_updated: z.array(z.string()), updated_at: z.string() },
    }),
    handle: async ({ path: { client_id: clientId = "" }, body }, { trust }) => {
      const { context, ...note } = body;
      const reading = await trust.reportContribution({
        ...{ clientId, runId: context.experiment_id, round: context.round },
        note: note as never,
      });
      const { trustScore, trustScoreDelta } = reading;
      return {
        json: {
          client_id: clientId,
          previous_trust_score: trustScore - trustScoreDelta,
          new_trust_score: trustScore,
          change: trustScoreDelta,
          // What was reported moves scores when its round is closed.
          factors_updated: [],
          updated_at: new Date().toISOString(),
        },
      };
    },
  }),
];

function scoreJson(reading: TrustReading, weightMultiplier: number): object {
  const { clientId, trustScore, trustLower, trustUpper, state, trustScoreChange } = reading;
  return {
    ...{ client_id: clientId, trust_score: trustScore, trust_lower: trustLower },
    ...{ trust_upper: trustUpper, state, weight_multiplier: weightMultiplier },
    ...{ change: trustScoreChange, rounds_observed: reading.roundsObserved },
    factors: Object.fromEntries(reading.factors.map(({ name, value }) => [name, value])),
  };
}
