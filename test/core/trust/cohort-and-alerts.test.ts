import { describe, expect, it } from "vitest";
import { DEFAULT_TRUST_RULES, type TrustRules } from "../../../src/core/trust/trust-rules.js";
import { Federation, HONEST } from "../../support/trust-federation.js";
import { dropped, poisoned, updated, violated } from "../../support/trust-observations.js";

describe("exclusions are held back", () => {
  const five = ["a", "b", "c", "d", "e"];
  const bad = ["a", "b", "c"].map((client) => poisoned(client));
  const good = ["d", "e"].map((client) => updated(client));

  it("when fewer than half of the selected would be left: all of them, with an alert", () => {
    const federation = new Federation();
    const four = [...bad, poisoned("d")];
    const steps = federation.repeat(3, [...four, updated("e"), updated("f")], {
      selected: [...five, "f"],
    });
    expect(steps[2]).toMatchObject({
      evaluated: { guarded: 4, states: { EXCLUDED: 0 } },
      changes: [],
      alerts: [{ kind: "min_cohort", raised: true, round: 3, selected: 6, clients: 4 }],
    });
  });

  it("does not hold back one that leaves just enough", () => {
    const federation = new Federation();
    federation.repeat(4, [...bad, ...good], { selected: five });
    expect(five.map((client) => federation.state(client).charAt(0)).join("")).toBe("EEEPP");
  });

  it("as long as it is so, and tells when it is so no more", () => {
    const federation = new Federation();
    const rules: TrustRules = { ...DEFAULT_TRUST_RULES, minCohort: 3 };
    const held = federation.repeat(4, [...bad, ...good], { selected: five, rules });
    const told = held.flatMap(({ alerts }) => alerts).filter(({ kind }) => kind === "min_cohort");
    expect(told).toStrictEqual([
      { kind: "min_cohort", raised: true, runId: "run", round: 3, selected: 5, clients: 3 },
    ]);
    const { alerts, evaluated } = federation.round([...bad, ...good], { selected: five });
    expect(evaluated?.states.EXCLUDED).toBe(3);
    expect(alerts).toContainEqual(expect.objectContaining({ kind: "min_cohort", raised: false }));
  });

  it("in that round only: the next one makes them, also of another run", () => {
    const federation = new Federation();
    const rules: TrustRules = { ...DEFAULT_TRUST_RULES, minCohort: 3 };
    federation.repeat(3, [...bad, ...good], { selected: five, rules });
    expect(federation.state()).toBe("PROBATION");
    const { evaluated, changes } = federation.round([poisoned("a")], { rules, runId: "other" });
    expect(evaluated).toMatchObject({ runId: "other", guarded: 0 });
    expect(changes).toMatchObject([{ clientId: "a", after: "EXCLUDED", runId: "other" }]);
  });

  it("but not where its reason is gone by then", () => {
    const federation = new Federation();
    const rules: TrustRules = { ...DEFAULT_TRUST_RULES, minCohort: 10 };
    federation.repeat(3, [poisoned("a")], { rules });
    expect(federation.trust()).toBeLessThan(0.3);
    federation.repeat(15, [updated("a")], { rules });
    federation.round([updated("a")]);
    expect(federation.state()).toBe("ACTIVE");
  });

  it("for critical violations too, which exclude as soon as enough are left", () => {
    const federation = new Federation();
    federation.round([updated("a"), violated("a", "CRITICAL")], { selected: ["a", "h1"] });
    expect(federation.state()).toBe("PROBATION");
    federation.round([updated("a")]);
    expect(federation.state()).toBe("EXCLUDED");
  });
});

describe("alerts", () => {
  it("tell a fall of more than 0.3 from the peak of ten rounds once, and when it has ended", () => {
    const federation = new Federation();
    federation.repeat(10, [updated("a")]);
    const steps = [
      ...federation.repeat(20, [poisoned("a")]),
      ...federation.repeat(10, [dropped("a")]),
    ];
    const told = steps.flatMap(({ alerts }, index) => alerts.map((alert) => ({ index, ...alert })));
    expect(told).toMatchObject([
      { kind: "trust_score_drop", raised: true, clientId: "a" },
      { kind: "trust_score_drop", raised: false, clientId: "a" },
    ]);
    expect(
      told.map((alert) => ("trustScoreChange" in alert ? alert.trustScoreChange : 0)),
    ).toStrictEqual([
      expect.toSatisfy((change: number) => change < -0.3 && change > -0.4),
      expect.toSatisfy((change: number) => change > -0.2),
    ]);
  });

  it("tell no fall of who was bad from the first round on: the prior is no evaluated round", () => {
    const federation = new Federation();
    const [first, ...others] = federation.repeat(4, [poisoned("a")]).map(({ alerts }) => alerts);
    const { trustScore, trustScoreChange } = federation.fold.reading("a");
    expect([first, ...others].flat()).toStrictEqual([]);
    expect(trustScore).toBeLessThan(0.5 - 0.3);
    expect(trustScoreChange).toBeGreaterThan(-0.3);
  });

  it("tell when more than 30 % of the selected change their state in one round", () => {
    const federation = new Federation();
    federation.repeat(6, [updated("a")]); // All leave PROBATION at once, which is no sign of anything.
    const violations = ["h1", "h2"].map((client) => violated(client, "CRITICAL"));
    const steps = [...federation.repeat(1, [updated("a"), ...violations]), federation.round([])];
    expect(steps.flatMap(({ alerts }) => alerts)).toStrictEqual([
      { kind: "mass_state_change", raised: true, runId: "run", round: 7, selected: 6, clients: 2 },
      { kind: "mass_state_change", raised: false, runId: "run", round: 8, selected: 6, clients: 0 },
    ]);
  });

  it("do not tell when it is 30 %", () => {
    const federation = new Federation();
    const selected = ["a", "b", "c", "d", "e", ...HONEST];
    const evidence = selected.slice(0, 5).map((client) => updated(client));
    federation.repeat(6, evidence, { selected });
    const critical = ["a", "b", "c"].map((client) => violated(client, "CRITICAL"));
    expect(federation.round([...evidence, ...critical], { selected }).alerts).toStrictEqual([]);
    expect(["a", "b", "c", "d"].map((client) => federation.state(client).charAt(0)).join("")).toBe(
      "EEEA",
    );
  });

  it("do not tell when it is one of six", () => {
    const federation = new Federation();
    federation.repeat(6, [updated("a")]);
    expect(federation.round([updated("a"), violated("a", "CRITICAL")]).alerts).toStrictEqual([]);
  });
});
