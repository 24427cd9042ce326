import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { GrpcClient, Message } from "../support/grpc-client.js";
import { waitFor } from "../support/wait-for.js";
import { type Reader, seen, type SeenEvent } from "./crash-readers.js";
import { type Acknowledged, type PolicyState, SOURCE, type Writer } from "./crash-writers.js";

/** What is known of one DATA_DIR over all starts of its engine. */
export interface CampaignState {
  readonly policyFile: string;
  readonly dataDir: string;
  readonly writers: readonly [overGrpc: Writer, overRest: Writer];
  /** The first gets every event; the second those of `SOURCE`. */
  readonly readers: readonly [all: Reader, filtered: Reader, ...others: Reader[]];
  /** Since the last look. */
  readonly acknowledged: Acknowledged;
  /** Before the first write since the last look. */
  sinceMs: number;
  highestVersion: number;
  readonly found: { versions: number; events: number; decisions: number };
}

const PAGE = 1000;
const CATCH_UP_MS = 10_000;
const CHANGES = ["POLICY_CREATED", "POLICY_UPDATED", "POLICY_DELETED"];
const EVENTS = "flopynet.policy.v1.EventService/ListEvents";
const ADMIN = "flopynet.policy.v1.PolicyAdminService";
const MONITORING = "flopynet.policy.v1.MonitoringService";

/** What was acknowledged before the engine was killed, and is not there, or by half. */
export async function problemsAfterRestart(
  state: CampaignState,
  client: GrpcClient,
): Promise<string[]> {
  const problems = [
    ...(await problemsOfReaders(state, client)),
    ...(await problemsOfPolicies(state, client)),
    ...(await problemsOfVersions(state, client)),
    ...problemsOfPublished(state),
    ...(await problemsOfDecisions(state, client)),
    ...(await problemsOfStorage(state, client)),
  ];
  const { acknowledged, found } = state;
  found.versions += acknowledged.versions.splice(0).length;
  found.events += acknowledged.events.splice(0).length;
  found.decisions += acknowledged.decisionIds.splice(0).length;
  state.sinceMs = Date.now();
  return problems;
}

/** Whether the log holds exactly what its readers got, each event once, and every version ever told. */
export async function problemsAtTheEnd(
  state: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const [all] = state.readers;
  const stored = (await pages(client, EVENTS, "events")).map(seen);
  const differing = all.events.find((event, index) => !isDeepStrictEqual(event, stored[index]));
  const ids = new Set(stored.map(({ eventId }) => eventId));
  return [
    ...(differing ? [`event ${differing.sequence} was seen and is not stored so`] : []),
    ...(ids.size === stored.length ? [] : ["an event id is stored twice"]),
    ...(await problemsOfVersions({ ...state, highestVersion: 0 }, client)),
  ];
}

/** Waits until every reader is where the engine has begun, then looks for gaps and repetitions. */
async function problemsOfReaders(
  { readers }: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const [all, filtered] = readers;
  const newest = await client.unary(EVENTS, {
    ...{ filter: { event_types: ["ENGINE_START"] }, page_size: 1, newest_first: true },
  });
  const [start] = ((newest["events"] ?? []) as Message[]).map(seen);
  if (!start) return ["no ENGINE_START is stored"];
  const published = (): readonly SeenEvent[] =>
    all.events.filter(({ sourceComponent }) => sourceComponent === SOURCE);
  const isThere = (reader: Reader): boolean =>
    reader === filtered
      ? filtered.events.length >= published().length
      : (reader.events.at(-1)?.sequence ?? 0) >= start.sequence;
  await waitFor("the readers resume", () => readers.every(isThere), CATCH_UP_MS).catch(() => null);
  return readers.flatMap((reader) => {
    if (!isThere(reader)) return [`${reader.name} did not get event ${start.sequence}`];
    const expected = reader === filtered ? sequencesOf(published()) : undefined;
    const gap = sequencesOf(reader.events).findIndex(
      (sequence, index) => sequence !== (expected ? expected[index] : index + 1),
    );
    const wrong = gap === -1 ? [] : [`${reader.name} has a gap or a repetition at place ${gap}`];
    return [...reader.problems, ...wrong];
  });
}

/** The file and what decides are one; a change that was not answered is whole, or was not made. */
async function problemsOfPolicies(
  { policyFile, writers }: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const inFile = JSON.parse(readFileSync(policyFile, "utf8")) as {
    policies: Record<string, { priority: number }>;
  };
  const active = await client.unary(`${ADMIN}/ListPolicies`, {});
  const policies = (active["policies"] ?? []) as { id: string; priority: number }[];
  return writers.flatMap((writer) => {
    const { policyId, known, tried } = writer;
    const now: PolicyState = policies.find(({ id }) => id === policyId)?.priority ?? "absent";
    const file: PolicyState = inFile.policies[policyId]?.priority ?? "absent";
    writer.known = now;
    writer.tried = now;
    return [
      ...(file === now ? [] : [`${policyId} is ${file} in the file, and decides as ${now}`]),
      ...(now === known || now === tried
        ? []
        : [`${policyId} is ${now}: ${known} was acknowledged, ${tried} was tried`]),
    ];
  });
}

async function problemsOfVersions(
  state: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const { readers, acknowledged, highestVersion } = state;
  const versions = await pages(client, `${ADMIN}/ListPolicyVersions`, "versions", (version) => {
    return Number(version["policy_version"]) > highestVersion;
  });
  const numbers = versions
    .map((version) => Number(version["policy_version"]))
    .filter((number) => number > highestVersion);
  const told = readers[0].events
    .filter(({ eventType, policyVersion }) => {
      return CHANGES.includes(eventType) && policyVersion > highestVersion;
    })
    .map(({ policyVersion }) => policyVersion);
  const changes = versions.filter(({ source }) => source === "POLICY_VERSION_SOURCE_API");
  state.highestVersion = Math.max(highestVersion, ...numbers);
  return [
    ...missing("version", acknowledged.versions, numbers),
    ...missing("event of version", acknowledged.versions, told),
    ...(numbers.every((number, index) => number < (numbers[index - 1] ?? Infinity))
      ? []
      : [`versions are not descending: ${numbers.join()}`]),
    ...(new Set(told).size === told.length ? [] : [`a version has two events: ${told.join()}`]),
    ...missing(
      "event of stored version",
      changes.map((version) => Number(version["policy_version"])).filter((n) => n > highestVersion),
      told,
    ),
    ...missing("version of event", told, numbers),
  ];
}

function problemsOfPublished({ readers, acknowledged }: CampaignState): readonly string[] {
  const [all] = readers;
  const published = all.events.filter(({ sourceComponent }) => sourceComponent === SOURCE);
  const ids = published.map(({ eventId }) => eventId);
  return [
    ...acknowledged.events
      .filter(({ sequence, eventId }) => all.events[sequence - 1]?.eventId !== eventId)
      .map(({ sequence, eventId }) => `event ${eventId} was acknowledged as ${sequence}`),
    ...(new Set(ids).size === ids.length ? [] : ["an event that was sent again is there twice"]),
  ];
}

async function problemsOfDecisions(
  { acknowledged, sinceMs }: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const start_time = { seconds: Math.floor(sinceMs / 1000), nanos: 0 };
  const decisions = await pages(client, `${MONITORING}/ListDecisions`, "decisions", () => true, {
    start_time,
  });
  const ids = decisions.map((decision) => String(decision["decision_id"]));
  return [
    ...missing("decision", acknowledged.decisionIds, ids),
    ...(new Set(ids).size === ids.length ? [] : ["a decision is recorded twice"]),
  ];
}

async function problemsOfStorage(
  { dataDir }: CampaignState,
  client: GrpcClient,
): Promise<readonly string[]> {
  const damaged = readdirSync(dataDir).filter((name) => name.includes(".damaged-"));
  const status = await client.unary(`${MONITORING}/GetStatus`, {});
  const isHealthy = status["state"] === "ENGINE_STATE_HEALTHY";
  return [
    ...damaged.map((name) => `a database was damaged: ${name}`),
    ...(isHealthy ? [] : [`the engine is not healthy: ${JSON.stringify(status["reasons"])}`]),
  ];
}

/** All that a method lists, page by page, until one is not wanted any more. */
async function pages(
  client: GrpcClient,
  rpc: string,
  field: string,
  isWanted: (last: Message) => boolean = () => true,
  request: Message = {},
): Promise<readonly Message[]> {
  const found: Message[] = [];
  let page_token = "";
  do {
    const answer = await client.unary(rpc, { ...request, page_size: PAGE, page_token });
    found.push(...((answer[field] ?? []) as Message[]));
    page_token = (answer["next_page_token"] ?? "") as string;
  } while (page_token !== "" && isWanted(found.at(-1) ?? {}));
  return found;
}

function missing<T>(what: string, wanted: readonly T[], present: readonly T[]): string[] {
  const there = new Set(present);
  const gone = wanted.filter((one) => !there.has(one));
  return gone.length === 0 ? [] : [`${what} is missing: ${gone.join(", ")}`];
}

function sequencesOf(events: readonly SeenEvent[]): readonly number[] {
  return events.map(({ sequence }) => sequence);
}
