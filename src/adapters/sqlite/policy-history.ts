import { PdpError } from "../../application/errors.js";
import type {
  PolicyHistory,
  PolicyIntent,
  PolicyOrigin,
  PolicyVersionContent,
  PolicyVersionRecord,
} from "../../application/ports/policy-history.js";
import type { PolicyVersionMark } from "../../application/ports/policy-version-mark.js";
import { runInSlices } from "../../application/run-in-slices.js";
import type { ValueMap } from "../../core/values.js";
import { documentsTextSteps } from "./documents-text.js";
import type { SqliteEventLog } from "./event-log.js";
import type { SqliteStorage } from "./sqlite-storage.js";
import type { SqlRow, Statement } from "./storage-messages.js";

const RECORD = "policy_version, create_time_ms, actor, reason, source, content_hash";
const CONTENT = `${RECORD}, documents, origins`;
const LIST = `
  SELECT ${RECORD} FROM policy_versions
  WHERE policy_version < ? ORDER BY policy_version DESC LIMIT ?`;
const BEGIN = `
  INSERT OR REPLACE INTO policy_intent (only, intent_id, ${CONTENT})
  VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const COMPLETE = `
  INSERT INTO policy_versions (${CONTENT})
  SELECT ${CONTENT} FROM policy_intent WHERE intent_id = ?`;
const DROP = "DELETE FROM policy_intent WHERE intent_id = ?";

/**
 * The durable history of policy versions.
 *
 * @throws {PdpError} STORAGE_UNAVAILABLE: the newest version could not be marked.
 */
export async function createSqlitePolicyHistory(deps: {
  readonly storage: SqliteStorage;
  readonly eventLog: SqliteEventLog;
  readonly mark: PolicyVersionMark;
}): Promise<PolicyHistory> {
  const { storage, eventLog, mark } = deps;
  /** Of the open intent, to mark its version. */
  let open: Pick<PolicyIntent, "intentId" | "policyVersion" | "contentHash"> | undefined;

  async function change(
    unit: readonly Statement[],
    onCommitted?: (ids: readonly number[]) => void,
  ) {
    await told(storage.transact(unit, onCommitted));
  }

  const rows = (sql: string, params: SqlRow = []) => told(storage.query(sql, params));

  async function newest(): Promise<PolicyVersionRecord | undefined> {
    const [row] = await rows(LIST, [Number.MAX_SAFE_INTEGER, 1]);
    return row && recordOf(row);
  }

  async function openIntent(): Promise<PolicyIntent | undefined> {
    const [row] = await rows(`SELECT ${CONTENT}, intent_id FROM policy_intent`);
    open = row && { ...contentOf(row), intentId: String(row[8]) };
    return row && { ...contentOf(row), intentId: String(row[8]) };
  }

  // A stop between the commit of a version and its mark, or a mark that was lost.
  const last = await newest();
  if (last) await mark.settle(last);

  return {
    newest,
    async get(policyVersion) {
      const sql = `SELECT ${CONTENT} FROM policy_versions WHERE policy_version = ?`;
      const [row] = await rows(sql, [policyVersion]);
      return row && contentOf(row);
    },
    async list({ limit, before = Number.MAX_SAFE_INTEGER }) {
      return (await rows(LIST, [before, limit])).map(recordOf);
    },
    nextVersion: (atLeast) => mark.reserve(atLeast),
    async begin(intent) {
      const steps = documentsTextSteps(intent.documents);
      const documents = await runInSlices(steps, { monotonicMs: () => performance.now() });
      await change([{ sql: BEGIN, params: intentRow(intent, documents) }]);
      open = intent;
    },
    openIntent,
    async commit(intentId, events) {
      const mustChange = `no policy intent \`${intentId}\` is open`;
      if (open?.intentId !== intentId) await openIntent();
      const version = open;
      await change(
        [
          { sql: COMPLETE, params: [intentId], mustChange },
          ...(events.length === 0 ? [] : [eventLog.insertion(events)]),
          { sql: DROP, params: [intentId] },
        ],
        (lastIds) => {
          eventLog.committed(events, lastIds[1] ?? 0);
        },
      );
      open = undefined;
      // The number was reserved durably before: what is not marked now is marked at the next start.
      if (version) await mark.settle(version).catch(() => undefined);
    },
    async drop(intentId) {
      await change([{ sql: DROP, params: [intentId] }]);
      if (open?.intentId === intentId) open = undefined;
    },
  };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the policy history" }, { cause });
  }
}

function intentRow(intent: PolicyIntent, documents: string): SqlRow {
  return [
    intent.intentId,
    intent.policyVersion,
    intent.createTimeMs,
    intent.actor,
    intent.reason,
    intent.source,
    intent.contentHash,
    documents,
    intent.origins ? JSON.stringify([...intent.origins]) : null,
  ];
}

function recordOf(row: SqlRow): PolicyVersionRecord {
  return {
    policyVersion: Number(row[0]),
    createTimeMs: Number(row[1]),
    actor: String(row[2]),
    reason: String(row[3]),
    source: String(row[4]) as PolicyVersionRecord["source"],
    contentHash: String(row[5]),
  };
}

function contentOf(row: SqlRow): PolicyVersionContent {
  const origins = row[7];
  return {
    ...recordOf(row),
    documents: JSON.parse(String(row[6])) as ValueMap[],
    ...(typeof origins === "string" && {
      origins: new Map(JSON.parse(origins) as [string, PolicyOrigin][]),
    }),
  };
}
