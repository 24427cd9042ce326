import type { ValueMap } from "../core/values.js";
import { diffPolicies, type PolicyDifference } from "./diff-policies.js";
import { invalidField, PdpError } from "./errors.js";
import { placeOf, tokenOf } from "./opaque-token.js";
import type {
  PolicyHistory,
  PolicyVersionContent,
  PolicyVersionRecord,
} from "./ports/policy-history.js";
import type { DiffSide, UnifiedDiff } from "./ports/unified-diff.js";

/** Every version there was, for reading. */
export interface PolicyVersions {
  /** Newest first. @throws {PdpError} REQUEST_INVALID. */
  list(query: {
    /** 0 means the default of 100; more than 1,000 is served as 1,000. Negative is refused. */
    readonly pageSize: number;
    readonly pageToken: string;
  }): Promise<{
    readonly versions: readonly PolicyVersionRecord[];
    readonly nextPageToken: string;
  }>;
  /** @throws {PdpError} REQUEST_INVALID, POLICY_VERSION_NOT_FOUND. */
  get(policyVersion: number): Promise<PolicyVersionContent>;
  /** One policy of a version. @throws {PdpError} as `get`; POLICY_NOT_FOUND. */
  getPolicy(policyVersion: number, policyId: string): Promise<ValueMap>;
  /** @throws {PdpError} as `get`. */
  diff(
    fromVersion: number,
    toVersion: number,
  ): Promise<{ readonly changes: readonly PolicyDifference[]; readonly unifiedText: string }>;
}

export interface PolicyVersionsDeps {
  readonly history: Pick<PolicyHistory, "list" | "get">;
  readonly unifiedDiff: UnifiedDiff;
}

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

export function createPolicyVersions({ history, unifiedDiff }: PolicyVersionsDeps): PolicyVersions {
  return {
    get: (policyVersion) => versionContent(history, policyVersion, "policy_version"),
    async list({ pageSize, pageToken }) {
      if (pageSize < 0) throw invalidField("page_size", `must be at least 0, got ${pageSize}`);
      const size = Math.min(pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize, MAX_PAGE_SIZE);
      const before = pageToken === "" ? {} : { before: versionOfToken(pageToken) };
      const found = await history.list({ limit: size + 1, ...before });
      const versions = found.slice(0, size);
      const last = found.length > size ? versions.at(-1) : undefined;
      return { versions, nextPageToken: last ? tokenOf(`version:${last.policyVersion}`) : "" };
    },
    async getPolicy(policyVersion, policyId) {
      const { documents } = await versionContent(history, policyVersion, "policy_version");
      const document = documents.find(({ id }) => id === policyId);
      if (document) return document;
      const asked = String(policyVersion);
      throw new PdpError({ reason: "POLICY_NOT_FOUND", policyId, policyVersion: asked });
    },
    async diff(fromVersion, toVersion) {
      const before = await versionContent(history, fromVersion, "from_version");
      const after = await versionContent(history, toVersion, "to_version");
      const changes = diffPolicies(before.documents, after.documents);
      const unifiedText = changes
        .map((change) =>
          unifiedDiff(
            sideOf(change.policyId, fromVersion, change.before),
            sideOf(change.policyId, toVersion, change.after),
          ),
        )
        .join("");
      return { changes, unifiedText };
    },
  };
}

/**
 * What a version holds.
 *
 * @param field - Of the request, for messages.
 * @throws {PdpError} REQUEST_INVALID, POLICY_VERSION_NOT_FOUND.
 */
export async function versionContent(
  history: Pick<PolicyHistory, "get">,
  version: number,
  field: string,
): Promise<PolicyVersionContent> {
  if (version < 1) throw invalidField(field, `must be given, and at least 1, got ${version}`);
  const content = await history.get(version);
  if (content) return content;
  throw new PdpError({ reason: "POLICY_VERSION_NOT_FOUND", policyVersion: String(version) });
}

function sideOf(policyId: string, version: number, document: ValueMap | undefined): DiffSide {
  return {
    name: `policies/${policyId} (version ${version})`,
    text: document && `${JSON.stringify(document, null, 2)}\n`,
  };
}

function versionOfToken(token: string): number {
  const [, version] = /^version:(\d{1,16})$/.exec(placeOf(token) ?? "") ?? [];
  if (version !== undefined) return Number(version);
  throw invalidField("page_token", "is not a token of this list: start again without it");
}
