import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { createFilePolicyVersionStore } from "../../src/adapters/policy-version-file/policy-version-store.js";
import { createSqliteDecisionLog } from "../../src/adapters/sqlite/decision-log.js";
import { createSqliteEventLog } from "../../src/adapters/sqlite/event-log.js";
import { createSqlitePolicyHistory } from "../../src/adapters/sqlite/policy-history.js";
import { openSqliteStorage } from "../../src/adapters/sqlite/sqlite-storage.js";
import { aLoggedDecision } from "../contract/decision-log.contract.js";
import { anIntent } from "../contract/policy-history.contract.js";
import { anEvent, quietLog } from "./events.js";

// A process that writes until it is killed, and says on standard output what was acknowledged:
// `event SEQUENCE ID`, `decision ID`, `version NUMBER`.

const [dataDir = ""] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

const storage = await openSqliteStorage({ dataDir, log: quietLog });
const eventLog = createSqliteEventLog({ storage, log: quietLog });
const decisionLog = createSqliteDecisionLog({ storage });
const mark = createFilePolicyVersionStore({ dataDir });
const history = await createSqlitePolicyHistory({ storage, eventLog, mark });

async function appendEvents(): Promise<never> {
  let told = eventLog.newestSequence();
  for (;;) {
    eventLog.append([anEvent(), anEvent()]);
    await storage.flush();
    for (const { sequence, eventId } of await eventLog.read(told, 1000)) {
      say(`event ${sequence} ${eventId}`);
      told = sequence;
    }
  }
}

async function recordDecisions(): Promise<never> {
  for (;;) {
    const decision = aLoggedDecision({ timeMs: Date.now() });
    await decisionLog.appendDurably(decision);
    say(`decision ${decision.decisionId}`);
  }
}

async function changePolicy(): Promise<never> {
  for (;;) {
    const policyVersion = await history.nextVersion(1);
    const intentId = randomUUID();
    await history.begin(anIntent(policyVersion, { intentId }));
    await history.commit(intentId, [anEvent({ eventType: "POLICY_UPDATED", policyVersion })]);
    say(`version ${policyVersion}`);
  }
}

await Promise.all([appendEvents(), recordDecisions(), changePolicy()]);
