import type {
  RemoteScore,
  RemoteTrust,
  TrustClient,
} from "../adapters/engine-client/trust-client.js";
import { table } from "./table.js";

export interface TrustDeps {
  readonly client: TrustClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

export type Format = "text" | "json";

/** `trust list`: one line a client. */
export async function listTrust(
  { states, order, format }: { states: readonly string[]; order: string; format: Format },
  { client, write }: TrustDeps,
): Promise<0> {
  const scores = await client.scores({ states, orderBy: order });
  write(format === "json" ? json(scores) : table(scores.map(scoreRow)) || "no client is known");
  return 0;
}

/** `trust show CLIENT` and `trust explain CLIENT`. @returns 1 where nothing is known of it. */
export async function showTrust(
  clientId: string,
  { explain, format }: { explain: boolean; format: Format },
  { client, write }: TrustDeps,
): Promise<0 | 1> {
  const trust = await client.evaluate(clientId, { explain });
  write(format === "json" ? json(trust) : trustText(trust));
  return trust.known ? 0 : 1;
}

/** `trust history CLIENT`: one line for each evaluated round. */
export async function showTrustHistory(
  clientId: string,
  { run, format }: { run: string; format: Format },
  { client, write }: TrustDeps,
): Promise<0> {
  const points = await client.history(clientId, run);
  const rows = points.map((point) => [
    point.runId,
    `round ${point.round}`,
    number(point.trustScore),
    `${number(point.trustLower)}-${number(point.trustUpper)}`,
    signed(point.trustScoreDelta),
    point.state,
  ]);
  write(format === "json" ? json(points) : table(rows));
  return 0;
}

/** `trust pardon CLIENT`. */
export async function pardonTrust(
  clientId: string,
  { reason }: { reason: string },
  { client, write }: TrustDeps,
): Promise<0> {
  const before = await client.evaluate(clientId, { explain: false });
  const { state, trustScore } = await client.pardon(clientId, reason);
  const nothing = before.state === "EXCLUDED" ? "" : "; it was not excluded: nothing to pardon";
  write(`${clientId}: ${state}, trust ${number(trustScore)}${nothing}`);
  return 0;
}

/** `trust recalculate`. @returns 1 where something came out differently. */
export async function recalculateTrust({ client, write }: TrustDeps): Promise<0 | 1> {
  const { clients, observations, differences } = await client.recalculate();
  write(`${clients} clients from ${observations} observations: ${differences} differences`);
  return differences === 0 ? 0 : 1;
}

function scoreRow(score: RemoteScore): readonly string[] {
  return [
    score.clientId,
    score.state,
    `trust ${number(score.trustScore)}`,
    `${number(score.trustLower)}-${number(score.trustUpper)}`,
    `weight x ${score.weightMultiplier}`,
    `change ${signed(score.trustScoreChange)}`,
    `${score.roundsObserved} rounds`,
    score.round === 0 ? "never evaluated" : `${score.runId} round ${score.round}`,
  ];
}

function trustText(trust: RemoteTrust): string {
  const rules = trust.matchedRules.map(
    ({ rule, action }) => `${rule.policyId}/${rule.ruleId} (${action})`,
  );
  return [
    `${trust.clientId}: ${trust.state}, trust ${number(trust.trustScore)} (${number(trust.trustLower)}-${number(trust.trustUpper)})`,
    ...(trust.known ? [] : ["nothing is known of it: this is where everybody begins"]),
    `weight x ${trust.weightMultiplier}, ${trust.roundsObserved} rounds, ${trust.exclusions} exclusions, ${trust.trustModel}`,
    `change ${signed(trust.trustScoreChange)} in ten rounds, ${signed(trust.trustScoreDelta)} in the last`,
    `rules that hold: ${rules.length === 0 ? "none" : rules.join(", ")}`,
    table(trust.factors.map((factor) => factorRow(trust, factor))),
    ...counterfactualText(trust),
  ].join("\n");
}

function factorRow(
  { contributions }: RemoteTrust,
  { name, value, lower, upper, weight }: RemoteTrust["factors"][number],
): readonly string[] {
  const found = contributions.find(({ factor }) => factor === name);
  return [
    `  ${name}`,
    number(value),
    `${number(lower)}-${number(upper)}`,
    `weight ${weight}`,
    ...(found ? [signed(found.contribution)] : []),
  ];
}

function counterfactualText({ counterfactual }: RemoteTrust): readonly string[] {
  if (!counterfactual) return [];
  const { betterState, goodRounds, worseState, badRounds } = counterfactual;
  return [
    ...(goodRounds === undefined ? [] : [`${goodRounds} more good rounds until ${betterState}`]),
    ...(badRounds === undefined ? [] : [`${badRounds} more bad rounds until ${worseState}`]),
  ];
}

function number(value: number): string {
  return value.toFixed(3);
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(3)}`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
