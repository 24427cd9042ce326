import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { PolicyIssue } from "../../application/ports/policy-source.js";
import type { ValueMap } from "../../core/values.js";
import { EngineError, messageOf } from "./engine-client.js";
import { documentFromWire, wireFromDocument, type WirePolicy } from "./wire-policy.js";

/** A policy of a running engine. */
export interface RemotePolicy {
  /** In the words of files. */
  readonly document: ValueMap;
  readonly etag: string;
  readonly policyVersion: number;
  /** `file`, `default_file`, `api`; empty for a policy of the past. */
  readonly source: string;
}

export interface RemoteVersion {
  readonly policyVersion: number;
  /** ISO 8601, UTC. */
  readonly createTime: string;
  readonly actor: string;
  readonly reason: string;
  readonly source: string;
}

/** What a change would make of the recorded decisions. */
export interface RemoteImpact {
  readonly decided: number;
  readonly flipped: number;
  readonly notReplayable: number;
  readonly groups: readonly {
    /** Null where only defaults answer. */
    readonly rule: { readonly policyId: string; readonly ruleId: string } | null;
    /** Words of the enum AnswerKind. */
    readonly from: string;
    readonly to: string;
    readonly count: number;
    readonly examples: readonly string[];
  }[];
}

/** Why a change is made. */
export interface RemoteAuthor {
  /** For the history; empty: nobody says. */
  readonly reason: string;
  /** How many recorded decisions it turns, where that is more than the engine allows unasked. */
  readonly confirmImpact?: number;
}

/** Which policy, and in which state: an empty etag stands for any. */
export interface RemoteChange extends RemoteAuthor {
  readonly policyId: string;
  readonly etag: string;
}

/** Shows and changes the policy of a running engine. Every call may throw an EngineError. */
export interface PolicyAdminClient {
  list(type: string): Promise<readonly RemotePolicy[]>;
  /** Undefined when there is no such policy now. */
  get(policyId: string, policyVersion?: number): Promise<RemotePolicy | undefined>;
  /** What is wrong, or probably wrong, with the text of a policy file. */
  issuesOf(text: string): Promise<readonly PolicyIssue[]>;
  /** Creates where the etag is undefined, else updates. */
  put(
    document: ValueMap,
    options: RemoteAuthor & { readonly etag: string | undefined; readonly validateOnly: boolean },
  ): Promise<RemotePolicy>;
  remove(change: RemoteChange): Promise<{ readonly policyVersion: number }>;
  setEnabled(change: RemoteChange, enabled: boolean): Promise<RemotePolicy>;
  /** Newest first, at most `limit` (up to 1,000). */
  versions(limit: number): Promise<readonly RemoteVersion[]>;
  diff(fromVersion: number, toVersion: number): Promise<string>;
  /** With these policies put into the active set, and those taken out. */
  impact(
    documents: readonly ValueMap[],
    options: { readonly deletedIds: readonly string[]; readonly maxDecisions: number },
  ): Promise<RemoteImpact>;
  rollback(
    policyVersion: number,
    author: RemoteAuthor,
  ): Promise<{ readonly policyVersion: number }>;
  /** @param discardFileChanges - Of files that cannot be loaded. */
  reload(
    discardFileChanges: boolean,
  ): Promise<{ readonly policyVersion: number; readonly changed: boolean }>;
  close(): void;
}

interface WireVersion {
  readonly policyVersion: number;
  readonly createTime: { readonly seconds: number; readonly nanos: number } | null;
  readonly actor: string;
  readonly reason: string;
  readonly source: string;
}

interface WireIssue {
  readonly severity: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly suggestion: string;
}

const SEVERITY: Readonly<Record<string, PolicyIssue["severity"]>> = {
  ISSUE_SEVERITY_WARNING: "warning",
  ISSUE_SEVERITY_INFO: "info",
};

interface Answer extends RemoteImpact {
  readonly policy: WirePolicy;
  readonly policies: readonly WirePolicy[];
  readonly nextPageToken: string;
  readonly policyVersion: number;
  readonly changed: boolean;
  readonly versions: readonly WireVersion[];
  readonly unifiedText: string;
  readonly issues: readonly WireIssue[];
}

type Call = (
  request: object,
  metadata: Metadata,
  options: { deadline: Date },
  callback: (error: ServiceError | null, answer?: Answer) => void,
) => void;
type Stub = Readonly<Record<string, Call>> & { close(): void };
type StubClass = new (address: string, credentials: ChannelCredentials) => Stub;

const PROTO_FOLDER = fileURLToPath(new URL("../../../proto", import.meta.url));
const TIMEOUT_MS = 30_000;

/** @param options - `address` is `host:port`. */
export function createPolicyAdminClient({
  address,
}: {
  readonly address: string;
}): PolicyAdminClient {
  const definition = loadSync("flopynet/policy/v1/policy_admin_service.proto", {
    includeDirs: [PROTO_FOLDER],
    ...{ longs: Number, enums: String, defaults: true, oneofs: true },
  });
  const loaded = loadPackageDefinition(definition) as unknown as {
    flopynet: { policy: { v1: { PolicyAdminService: StubClass } } };
  };
  const stub = new loaded.flopynet.policy.v1.PolicyAdminService(
    address,
    credentials.createInsecure(),
  );

  const ask = (method: string, request: object, author?: RemoteAuthor) =>
    new Promise<Answer>((resolve, reject) => {
      const metadata = metadataOf(author);
      const options = { deadline: new Date(Date.now() + TIMEOUT_MS) };
      stub[method]?.(request, metadata, options, (error, answer) => {
        if (answer) resolve(answer);
        else reject(new EngineError(messageOf(error, address), { cause: error }));
      });
    });

  return {
    async list(type) {
      const found: WirePolicy[] = [];
      for (let pageToken = ""; ;) {
        const page = await ask("listPolicies", { type, pageSize: 1000, pageToken });
        found.push(...page.policies);
        if (page.nextPageToken === "") return found.map(remotePolicy);
        pageToken = page.nextPageToken;
      }
    },
    async get(policyId, policyVersion) {
      try {
        const version = policyVersion === undefined ? {} : { policyVersion };
        return remotePolicy((await ask("getPolicy", { policyId, ...version })).policy);
      } catch (error) {
        if (isNotFound(error) && policyVersion === undefined) return undefined;
        throw error;
      }
    },
    issuesOf: async (text) =>
      (await ask("validatePolicies", { document: text })).issues.map(policyIssue),
    async put(document, { etag, validateOnly, ...author }) {
      const method = etag === undefined ? "createPolicy" : "updatePolicy";
      const policy = { ...wireFromDocument(document), ...(etag !== undefined && { etag }) };
      return remotePolicy((await ask(method, { policy, validateOnly }, author)).policy);
    },
    remove: ({ policyId, etag, ...author }) => ask("deletePolicy", { policyId, etag }, author),
    async setEnabled({ policyId, etag, ...author }, enabled) {
      const method = enabled ? "enablePolicy" : "disablePolicy";
      return remotePolicy((await ask(method, { policyId, etag }, author)).policy);
    },
    async versions(limit) {
      const { versions } = await ask("listPolicyVersions", { pageSize: limit });
      return versions.map(remoteVersion);
    },
    diff: async (fromVersion, toVersion) =>
      (await ask("diffPolicyVersions", { fromVersion, toVersion })).unifiedText,
    async impact(documents, { deletedIds, maxDecisions }) {
      const policies = documents.map(wireFromDocument);
      const request = { policies, deletePolicyIds: deletedIds, maxDecisions };
      const answer = await ask("analyzePolicyImpact", request);
      const { decided, flipped, notReplayable, groups } = answer;
      return { decided, flipped, notReplayable, groups };
    },
    rollback: (policyVersion, author) => ask("rollbackPolicies", { policyVersion }, author),
    reload: (discardFileChanges) => ask("reloadPolicies", { discardFileChanges }),
    close: () => {
      stub.close();
    },
  };
}

function metadataOf({ reason, confirmImpact }: RemoteAuthor = { reason: "" }): Metadata {
  const metadata = new Metadata();
  // As bytes: metadata of text is ASCII.
  if (reason !== "") metadata.set("x-change-reason-bin", Buffer.from(reason));
  if (confirmImpact !== undefined) metadata.set("x-confirm-impact", String(confirmImpact));
  return metadata;
}

function remotePolicy(wire: WirePolicy): RemotePolicy {
  const source = wire.source.replace("POLICY_SOURCE_", "").toLowerCase();
  return {
    document: documentFromWire(wire),
    etag: wire.etag,
    policyVersion: wire.policyVersion,
    source: source === "unspecified" ? "" : source,
  };
}

function policyIssue(wire: WireIssue): PolicyIssue {
  const { severity, path, message, suggestion, line, column } = wire;
  return {
    severity: SEVERITY[severity] ?? "error",
    ...{ file: "", path, message },
    ...(line !== 0 && { line, column }),
    ...(suggestion !== "" && { suggestion }),
  };
}

function remoteVersion({ createTime, source, ...version }: WireVersion): RemoteVersion {
  const { seconds, nanos } = createTime ?? { seconds: 0, nanos: 0 };
  return {
    ...version,
    createTime: new Date(seconds * 1000 + nanos / 1e6).toISOString(),
    source: source.replace("POLICY_VERSION_SOURCE_", "").toLowerCase(),
  };
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof EngineError && (error.cause as ServiceError | null)?.code === status.NOT_FOUND
  );
}
