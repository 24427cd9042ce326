import { describe, expect, it } from "vitest";
import { struct, type Message } from "../../support/grpc-client.js";
import {
  roundMessages,
  startTrustEngine,
  TRUST_POLICY_SET,
  type TrustEngine,
} from "../../support/trust-service.js";
import { waitFor } from "../../support/wait-for.js";

const EVENTS = "flopynet.policy.v1.EventService/ListEvents";

/** `bad` is refused by the gate in each round, `good` never, and `half` in the last one. */
async function federate(engine: TrustEngine, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const updates = { bad: { alignment: -1 }, good: {}, c: {}, d: {} };
    const observations = roundMessages("run", round, updates);
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
  }
}

const eventsOf = async (engine: TrustEngine, ...types: string[]): Promise<Message[]> => {
  const answer = await engine.client.unary(EVENTS, {
    filter: { event_types: types },
    page_size: 1000,
  });
  return (answer["events"] ?? []) as Message[];
};
const detailsOf = (event: Message | undefined): unknown => event?.["details"];

describe("rules that watch", () => {
  it("are asked about every update of a round, and tell one event for each rule and round", async () => {
    const watch = (type: string, action: string, match: object) => ({
      ...{ name: type, type, rules: [{ id: "watch", action, match }] },
    });
    const policies = {
      ...TRUST_POLICY_SET.policies,
      perf: watch("fl_performance", "monitor", {
        ...{ component_type: "fl-client", event_type: "round_participation" },
      }),
      rep: watch("trust_reputation", "evaluate_trust", {
        ...{ component_type: "fl-client", metric_type: "model_contribution" },
      }),
    };
    const engine = await startTrustEngine({}, { version: 2, policies });
    try {
      await federate(engine, 2);
      const events = await waitFor("both rounds are told", async () => {
        const found = (await eventsOf(engine, "POLICY_APPLIED")).filter(({ policy_id }) =>
          ["perf", "rep"].includes(String(policy_id)),
        );
        return found.length >= 4 ? found : undefined;
      });
      expect(events.map(({ policy_id }) => policy_id)).toEqual(["perf", "rep", "perf", "rep"]);
      expect(detailsOf(events[2])).toEqual(
        struct({
          ...{ policy_id: "perf", rule_id: "watch", action: "monitor" },
          ...{ run_id: "run", round: 2, count: 4 },
        }),
      );
    } finally {
      await engine.stop();
    }
  });
});

it("alerts of a fall, and that too many changed at once, and resolves", async () => {
  const engine = await startTrustEngine();
  try {
    const clients = (alignment: number) =>
      Object.fromEntries(
        ["a", "b", "c", "d", "e", "f"].map((id) => [id, { alignment: id < "c" ? alignment : 1 }]),
      );
    const report = (round: number, alignment: number) =>
      engine.ask("ReportObservations", {
        ...{ observations: roundMessages("run", round, clients(alignment)), reporter: "s" },
      });
    for (let round = 1; round <= 12; round += 1) await report(round, 1);
    for (let round = 13; round <= 24; round += 1) await report(round, -1);
    const raised = (await eventsOf(engine, "ALERT_RAISED")).map(({ details, severity }) => [
      (details as { fields: Record<string, { stringValue?: string }> }).fields["alert"]
        ?.stringValue,
      severity,
    ]);
    expect(raised).toContainEqual(["trust_score_drop", "EVENT_SEVERITY_WARNING"]);
    expect(raised).toContainEqual(["mass_state_change", "EVENT_SEVERITY_CRITICAL"]);
    expect((await eventsOf(engine, "ALERT_RESOLVED")).length).toBeGreaterThan(0);
  } finally {
    await engine.stop();
  }
});
