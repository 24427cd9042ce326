import { describe, expect, it } from "vitest";
import type { Observation } from "../../../src/core/trust/observation.js";
import {
  DEFAULT_TRUST_RULES,
  reductionBelow,
  type TrustRules,
} from "../../../src/core/trust/trust-rules.js";
import { remembered } from "../../support/remembered.js";
import { Federation, HONEST } from "../../support/trust-federation.js";
import {
  closed,
  opened,
  pardoned,
  poisoned,
  registered,
  updated,
  violated,
} from "../../support/trust-observations.js";

const NOTHING = { points: [], changes: [], alerts: [] };
const critical = (clientId: string) => [updated(clientId), violated(clientId, "CRITICAL")];
const initials = (federation: Federation, clients: readonly string[]): string =>
  clients.map((client) => federation.state(client).charAt(0)).join("");

describe("nothing is told of", () => {
  // prettier-ignore
  it.each<[says: string, observation: Observation]>([
    ["a round that is opened", opened(["a"], { round: 5 })],
    ["a round that is opened again", opened(["a"], { round: 4, reporter: "two" })],
    ["evidence of an open round", updated("a", { round: 4 })],
    ["a violation in an open round", violated("a", "CRITICAL", { round: 4 })],
    ["the close of a round that was not opened", closed({ round: 9 })],
    ["the close of a round that is closed", closed({ round: 3, reporter: "two" })],
    ["the registration of a new key", registered("new", "new key")],
    ["the pardon of a client that is not EXCLUDED", pardoned("a")],
    ["the pardon of a client never heard of", pardoned("nobody")],
  ])("%s", (_says, observation) => {
    const federation = new Federation();
    federation.repeat(3, [updated("a")]);
    federation.apply(opened(["a"], { round: 4 }));
    expect(federation.apply(observation)).toStrictEqual(NOTHING);
  });

  // prettier-ignore
  it.each<[says: string, evidence: readonly Observation[]]>([
    ["one that is not selected, in an open round", [updated("h1", { round: 4 }), poisoned("h1", { round: 4 }), violated("h1", "LOW", { round: 4 })]],
    ["one that is not selected, in a closed round", [updated("h5", { round: 3 }), poisoned("h5", { round: 3 }), violated("h5", "LOW", { round: 3 })]],
    ["one that nobody knows", [updated("nobody", { round: 4 }), violated("nobody", "LOW", { round: 3 })]],
    ["a run that nobody knows", [updated("a", { runId: "other", round: 3 })]],
    ["a round that nobody knows", [updated("a", { round: 9 })]],
  ])("evidence of %s, and nothing remembered", (_says, evidence) => {
    const federation = new Federation();
    federation.round([]);
    federation.repeat(2, [], { selected: ["a", "h1", "h2", "h3"] });
    federation.apply(opened(["a"], { round: 4 }));
    const before = remembered(federation);
    for (const one of evidence) expect(federation.apply(one)).toStrictEqual(NOTHING);
    expect(remembered(federation)).toStrictEqual(before);
  });
});

describe("a change of state is told", () => {
  it("of a pardoned client, and no point", () => {
    const federation = new Federation();
    federation.round(critical("a"));
    const trustScore = federation.trust();
    const change = {
      clientId: "a",
      before: "EXCLUDED",
      after: "REDUCED",
      cause: "PARDON",
      trustScore,
    };
    expect(federation.apply(pardoned("a"))).toStrictEqual({ ...NOTHING, changes: [change] });
  });

  it("of the other name of a key, when who registers is worse", () => {
    const federation = new Federation();
    federation.apply(registered("b", "key"));
    federation.round([updated("b")], { selected: ["b", ...HONEST] });
    federation.round(critical("a"));
    const { changes, ...rest } = federation.apply(registered("a", "key"));
    const trustScore = federation.trust();
    expect(changes).toStrictEqual([
      { clientId: "b", before: "PROBATION", after: "EXCLUDED", cause: "REGISTRATION", trustScore },
    ]);
    expect(rest).toStrictEqual({ points: [], alerts: [] });
  });

  it("in the order of client ids, in whatever order they were heard of", () => {
    const federation = new Federation();
    const heard = ["z", "c", "m", "a", "k"];
    const steps = heard.map((client) => updated(client));
    for (const [index] of heard.entries())
      federation.round(steps, { selected: heard.slice(0, index + 1) });
    const { changes } = federation.round(
      heard.flatMap((client) => (client === "k" ? [updated(client)] : critical(client))),
      { selected: heard, rules: { ...DEFAULT_TRUST_RULES, minCohort: 1 } },
    );
    expect(changes.map(({ clientId }) => clientId)).toStrictEqual(["a", "c", "m", "z"]);
  });

  it("with falls in the order of client ids", () => {
    const federation = new Federation();
    const selected = ["z", "a", ...HONEST];
    federation.repeat(10, [updated("z"), updated("a")], { selected });
    const steps = federation.repeat(12, [poisoned("z"), poisoned("a")], { selected });
    const falls = steps
      .flatMap(({ alerts }) => alerts)
      .filter(({ kind }) => kind === "trust_score_drop");
    expect(falls.map((alert) => "clientId" in alert && alert.clientId)).toStrictEqual(["a", "z"]);
  });
});

describe("late evidence that turns the guard", () => {
  const selected = ["a", "b", "c", "d", "e"];
  const told = (...clients: string[]) => clients.map((client) => poisoned(client));

  /** In round 3 `b` and `c` are EXCLUDED, which leaves just enough. */
  function before(): Federation {
    const federation = new Federation();
    const evidence = [...told("b", "c"), ...["a", "d", "e"].map((client) => updated(client))];
    federation.repeat(3, evidence, { selected, rules: { ...DEFAULT_TRUST_RULES, minCohort: 3 } });
    return federation;
  }

  it("tells what others are then, every point again, and the alert", () => {
    const federation = before();
    expect(initials(federation, selected)).toBe("PEEPP");
    const turned = federation.apply(violated("a", "CRITICAL", { round: 3 }));
    expect(initials(federation, selected)).toBe("PPPPP");
    expect(turned.changes).toMatchObject(
      ["b", "c"].map((clientId) => ({
        clientId,
        before: "EXCLUDED",
        after: "PROBATION",
        cause: "LATE",
      })),
    );
    expect(turned.alerts).toContainEqual({
      ...{ kind: "min_cohort", raised: true, runId: "run", round: 3, selected: 5, clients: 3 },
    });
    expect([...turned.points].map(({ clientId, round }) => `${clientId}${round}`)).toStrictEqual(
      [1, 2, 3].flatMap((round) => selected.map((client) => `${client}${round}`)),
    );
  });
});

describe("late evidence tells again", () => {
  const points = (federation: Federation, late: Observation): (number | undefined)[] =>
    [...federation.apply(late).points].map(({ round }) => round);

  it("the rounds that selected the client", () => {
    const federation = new Federation();
    federation.round([updated("a")]);
    federation.round([], { selected: HONEST });
    federation.round([updated("a")]);
    expect(points(federation, poisoned("a", { round: 1, reporter: "two" }))).toStrictEqual([1, 3]);
  });

  it("the rounds that it waits in not, but the one in which it returns", () => {
    const federation = new Federation();
    federation.round(critical("a"));
    federation.repeat(8, [updated("a")]);
    federation.repeat(2, [], { selected: HONEST });
    expect(federation.state()).toBe("REDUCED");
    expect(points(federation, updated("a", { round: 9, reporter: "two" }))).toStrictEqual([9, 11]);
  });

  it("the alert of many changes", () => {
    const federation = new Federation();
    federation.repeat(6, [updated("a")]);
    federation.round([updated("a"), ...critical("h1")]);
    const { changes, alerts } = federation.apply(violated("a", "CRITICAL", { round: 7 }));
    expect(changes).toMatchObject([{ clientId: "a", after: "EXCLUDED", cause: "LATE" }]);
    expect(alerts).toStrictEqual([
      { kind: "mass_state_change", raised: true, runId: "run", round: 7, selected: 6, clients: 2 },
    ]);
  });
});

describe("the cohort", () => {
  it("is not what keeps a round from being told while nobody is to be EXCLUDED", () => {
    const federation = new Federation();
    federation.round(critical("a"));
    const { alerts, evaluated } = federation.round([updated("a")], { selected: ["a", "h1"] });
    expect([alerts, evaluated?.guarded]).toStrictEqual([[], 0]);
  });

  it("are those that are admitted, not those that are out already", () => {
    const federation = new Federation();
    const selected = ["a", "b", "c", "d", "e"];
    const rules = { ...DEFAULT_TRUST_RULES, minCohort: 3 };
    federation.round(critical("a"), { selected, rules });
    federation.round([updated("a"), ...critical("b")], { selected, rules });
    expect(initials(federation, selected)).toBe("EEPPP");
    federation.round([updated("a"), updated("b"), ...critical("c")], { selected, rules });
    expect(initials(federation, selected)).toBe("EEPPP");
  });
});

describe("a round that did not select a client that returns", () => {
  it("counts the selected alone", () => {
    const federation = new Federation();
    federation.round(critical("a"));
    federation.repeat(3, [updated("a")]);
    const some = HONEST.slice(0, 3);
    const steps = federation.repeat(7, [], { selected: some });
    expect(federation.state()).toBe("REDUCED");
    expect(steps.at(-1)?.changes).toMatchObject([{ clientId: "a", after: "REDUCED" }]);
    expect(steps.at(-1)?.evaluated).toMatchObject({
      ...{ selected: 3, states: { PROBATION: 0, ACTIVE: 3, REDUCED: 0, EXCLUDED: 0 } },
    });
    expect(steps.flatMap(({ alerts }) => alerts)).toStrictEqual([]);
  });

  it("lets it become ACTIVE like any other from there", () => {
    const federation = new Federation();
    federation.round(critical("a"));
    const states = Array.from({ length: 16 }, () => {
      federation.round([updated("a")]);
      return federation.state().charAt(0);
    });
    expect(states.join("")).toBe("EEEEEEEEERRRAAAA");
  });
});

describe("the alert of many changes", () => {
  it("is raised by newcomers that are EXCLUDED", () => {
    const federation = new Federation();
    const { alerts } = federation.round([...critical("a"), ...critical("h1")]);
    expect(alerts).toMatchObject([{ kind: "mass_state_change", raised: true, clients: 2 }]);
  });

  it("is raised by clients that become ACTIVE again", () => {
    const federation = new Federation();
    const reduce = (threshold: number, exit: number): TrustRules => ({
      ...DEFAULT_TRUST_RULES,
      reductions: [reductionBelow(threshold, 0.5, { exit, roundsOut: 1 })],
    });
    federation.repeat(6, [updated("a")]);
    const told = [reduce(1, 1), reduce(0.1, 0.1), reduce(0.1, 0.1)].map((rules) =>
      federation.round([updated("a")], { rules }).alerts.map(({ raised }) => raised),
    );
    expect(told).toStrictEqual([[true], [], [false]]);
  });
});

describe("a client with two names", () => {
  it.each([
    ["first", "second"],
    ["second", "first"],
  ])("is refused in a round in which only its %s name is", (bad, good) => {
    const federation = new Federation();
    for (const id of ["first", "second"]) federation.apply(registered(id, "key"));
    const selected = ["first", "second", ...HONEST];
    federation.round([poisoned(bad), updated(good)], { selected });
    expect(federation.trust("first")).toBeLessThan(0.4);
    expect(federation.trust("second")).toBe(federation.trust("first"));
  });
});

describe("a trust rule of any condition", () => {
  it("reads what is known of the client after the round", () => {
    const federation = new Federation();
    const holds = ({ roundsObserved, factors }: ReturnType<Federation["fold"]["reading"]>) =>
      roundsObserved >= 2 && (factors[1]?.value ?? 1) < 0.4;
    const rules: TrustRules = {
      ...DEFAULT_TRUST_RULES,
      exclusions: [
        { condition: { kind: "condition", holds }, roundsIn: 1, roundsOut: 1, dwellRounds: 1 },
      ],
    };
    federation.round([poisoned("a")], { rules });
    expect(federation.state()).toBe("PROBATION");
    federation.round([poisoned("a")], { rules });
    expect([federation.state(), federation.state("h1")]).toStrictEqual(["EXCLUDED", "PROBATION"]);
  });
});
