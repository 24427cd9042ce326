import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { EngineError, messageOf } from "./engine-client.js";

/** A client's trust in short. States are words: `ACTIVE`. */
export interface RemoteScore {
  readonly clientId: string;
  readonly trustScore: number;
  readonly trustLower: number;
  readonly trustUpper: number;
  readonly state: string;
  readonly weightMultiplier: number;
  readonly trustScoreChange: number;
  readonly roundsObserved: number;
  readonly exclusions: number;
  readonly runId: string;
  readonly round: number;
}

export interface RemoteFactor {
  readonly name: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly weight: number;
  readonly evidenceGood: number;
  readonly evidenceBad: number;
}

export interface RemoteTrust extends RemoteScore {
  readonly known: boolean;
  readonly confidence: number;
  readonly trustScoreDelta: number;
  readonly trustModel: string;
  readonly factors: readonly RemoteFactor[];
  readonly matchedRules: readonly {
    readonly action: string;
    readonly rule: { readonly policyId: string; readonly ruleId: string };
  }[];
  readonly contributions: readonly { readonly factor: string; readonly contribution: number }[];
  /** Absent unless it was asked for. */
  readonly counterfactual?: {
    readonly betterState: string;
    readonly goodRounds?: number;
    readonly worseState: string;
    readonly badRounds?: number;
  };
}

export interface RemotePoint {
  readonly runId: string;
  readonly round: number;
  readonly trustScore: number;
  readonly trustLower: number;
  readonly trustUpper: number;
  readonly state: string;
  readonly trustScoreDelta: number;
  readonly trustScoreChange: number;
}

/** Shows and mends the trust that a running engine has. Every call may throw an EngineError. */
export interface TrustClient {
  /** All that match; an empty list of states is every state. */
  scores(query: {
    readonly states: readonly string[];
    readonly orderBy: string;
  }): Promise<readonly RemoteScore[]>;
  evaluate(clientId: string, options: { readonly explain: boolean }): Promise<RemoteTrust>;
  history(clientId: string, runId: string): Promise<readonly RemotePoint[]>;
  pardon(clientId: string, reason: string): Promise<RemoteScore>;
  recalculate(): Promise<{
    readonly clients: number;
    readonly observations: number;
    readonly differences: number;
  }>;
  close(): void;
}

type Answer = Readonly<Record<string, unknown>>;
type Call = (
  request: object,
  options: { deadline: Date },
  callback: (error: ServiceError | null, answer?: Answer) => void,
) => void;
type Method =
  "evaluateTrust" | "listTrustScores" | "listTrustHistory" | "pardonClient" | "recalculateTrust";
type Stub = Readonly<Record<Method, Call>> & { close(): void };
type StubClass = new (address: string, credentials: ChannelCredentials) => Stub;

const PROTO_FOLDER = fileURLToPath(new URL("../../../proto", import.meta.url));
const TIMEOUT_MS = 30_000;
/** Folding everything anew takes as long as there are observations. */
const RECALCULATION_TIMEOUT_MS = 600_000;
const PAGE = 1000;
const STATE = "TRUST_STATE_";

/** @param options - `address` is `host:port`. */
export function createTrustClient({ address }: { readonly address: string }): TrustClient {
  const definition = loadSync("flopynet/policy/v1/trust_service.proto", {
    includeDirs: [PROTO_FOLDER],
    ...{ longs: Number, enums: String, defaults: true, oneofs: true },
  });
  const loaded = loadPackageDefinition(definition) as unknown as {
    flopynet: { policy: { v1: { TrustService: StubClass } } };
  };
  const stub = new loaded.flopynet.policy.v1.TrustService(address, credentials.createInsecure());

  const ask = (method: Method, request: object, timeoutMs = TIMEOUT_MS): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = { deadline: new Date(Date.now() + timeoutMs) };
      stub[method](request, options, (error, answer) => {
        if (answer) resolve(answer);
        else reject(new EngineError(messageOf(error, address), { cause: error }));
      });
    });

  async function pages<Item>(method: Method, request: object, field: string): Promise<Item[]> {
    const found: Item[] = [];
    let pageToken: unknown = "";
    do {
      const page = await ask(method, { ...request, pageSize: PAGE, pageToken });
      found.push(...(page[field] as Item[]));
      pageToken = page["nextPageToken"];
    } while (pageToken !== "");
    return found;
  }

  return {
    async scores({ states, orderBy }) {
      const request = { states: states.map((state) => STATE + state), orderBy };
      return (await pages<RemoteScore>("listTrustScores", request, "scores")).map(withWord);
    },
    async evaluate(clientId, { explain }) {
      const answer = (await ask("evaluateTrust", { clientId, explain })) as unknown as RemoteTrust;
      const { counterfactual } = answer;
      return {
        ...withWord(answer),
        ...(counterfactual && {
          counterfactual: {
            ...counterfactual,
            betterState: wordOf(counterfactual.betterState),
            worseState: wordOf(counterfactual.worseState),
          },
        }),
      };
    },
    async history(clientId, runId) {
      const request = { clientId, runId };
      return (await pages<RemotePoint>("listTrustHistory", request, "points")).map(withWord);
    },
    async pardon(clientId, reason) {
      const { score } = await ask("pardonClient", { clientId, reason });
      return withWord(score as RemoteScore);
    },
    async recalculate() {
      const answer = await ask("recalculateTrust", {}, RECALCULATION_TIMEOUT_MS);
      return answer as unknown as Awaited<ReturnType<TrustClient["recalculate"]>>;
    },
    close: () => {
      stub.close();
    },
  };
}

function withWord<Answered extends { readonly state: string }>(answer: Answered): Answered {
  return { ...answer, state: wordOf(answer.state) };
}

/** `TRUST_STATE_ACTIVE` -> `ACTIVE`; empty for the state that is none. */
function wordOf(state: string): string {
  const word = state.slice(STATE.length);
  return word === "UNSPECIFIED" ? "" : word;
}
