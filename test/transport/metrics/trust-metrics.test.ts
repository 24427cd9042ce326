import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EVERYONE,
  roundMessages,
  startTrustEngine,
  type TrustEngine,
  WITH_FLIPPER,
} from "../../support/trust-service.js";

let engine: TrustEngine;

async function metricsText(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${engine.metricsPort}/metrics`)).text();
}

/** What a metric shows, label by label: `{cause="LATE"} 1`. */
async function shown(name: string): Promise<string[]> {
  const start = `flopynet_policy_trust_${name}`;
  const lines = (await metricsText()).split("\n").filter((line) => line.startsWith(start));
  return lines.map((line) => line.slice(start.length));
}

const report = (observations: readonly object[]) =>
  engine.ask("ReportObservations", { observations, reporter: "fl-server" });

describe("what the metrics port shows of trust", () => {
  beforeAll(async () => {
    engine = await startTrustEngine();
    for (const round of [1, 2, 3, 4, 5]) await report(roundMessages("run", round, WITH_FLIPPER));
    const [opening = {}, ...updates] = roundMessages("run", 6, EVERYONE);
    const [update = {}] = updates;
    const conflict = {
      ...update,
      update_reported: { client_id: "a", outcome: "UPDATE_OUTCOME_LATE" },
    };
    const unknown = {
      ...update,
      update_reported: { client_id: "z", outcome: "UPDATE_OUTCOME_LATE" },
    };
    await report([opening, update, update, conflict, conflict, unknown, ...updates.slice(1)]);
    const violation = { client_id: "b", severity: "VIOLATION_SEVERITY_CRITICAL" };
    await report([{ run_id: "run", round: 1, violation }]); // Of too long ago.
    await report([{ run_id: "run", round: 5, violation }]); // In time to be folded in.
    await engine.ask("PardonClient", { client_id: "a", reason: "a test" });
  });
  afterAll(() => engine.stop());

  // prettier-ignore
  it.each<[says: string, name: string, lines: readonly string[]]>([
    ["observations by what became of them", "observations_total",          ['{outcome="accepted"} 38', '{outcome="duplicate"} 1', '{outcome="late"} 1', '{outcome="rejected"} 3', '{outcome="not_stored"} 0']],
    ["rejected ones by reason",             "observations_rejected_total", ['{reason="OBSERVATION_CONFLICT"} 2', '{reason="CLIENT_NOT_SELECTED"} 1']],
    ["that none is on its way",             "observations_pending",        [" 0"]],
    ["rounds that were closed",             "rounds_closed_total",         [" 6"]],
    ["changes of state by cause",           "state_changes_total",         ['{cause="ROUND_CLOSED"} 4', '{cause="LATE"} 1', '{cause="PARDON"} 1', '{cause="REGISTRATION"} 0']],
    ["clients by state",                    "clients",                     ['{state="PROBATION"} 0', '{state="ACTIVE"} 2', '{state="REDUCED"} 1', '{state="EXCLUDED"} 1']],
    ["how often a report was applied",      "apply_duration_seconds_count", ['{closes_round="true"} 6', '{closes_round="false"} 3']],
  ])("%s", async (_says, name, lines) => {
    expect(await shown(name)).toStrictEqual(lines);
  });

  it("and never a client, a run or a reporter", async () => {
    const labels = [...(await metricsText()).matchAll(/^flopynet_policy_trust_\w+\{(.*?)\}/gm)];
    const values = labels.flatMap(([, text = ""]) => [...text.matchAll(/="(.*?)"/g)]);
    const names = new Set(values.map(([, value]) => value));
    expect(names.size).toBeGreaterThan(10);
    expect(["a", "b", "z", "run", "fl-server"].filter((name) => names.has(name))).toStrictEqual([]);
  });
});
