import { describe, expect, it } from "vitest";
import { finish } from "../../../src/core/finish.js";
import { restoreTrustFoldSteps } from "../../../src/core/trust/fold.js";
import type { Observation } from "../../../src/core/trust/observation.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import { DEFAULT_TRUST_RULES, exclusionBelow } from "../../../src/core/trust/trust-rules.js";
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

describe("a round that was forgotten open", () => {
  it("is over when its run has closed one more than two rounds later", () => {
    const federation = new Federation();
    federation.apply(opened(["a"]));
    for (const round of [2, 3, 4]) {
      federation.apply(opened(["a"], { round }));
      federation.apply(closed({ round }));
    }
    expect(federation.apply(closed())).toStrictEqual(NOTHING);
  });

  it("is evaluated when it is closed in time", () => {
    const federation = new Federation();
    federation.apply(opened(["a"]));
    federation.apply(opened(["a"], { round: 2 }));
    federation.apply(closed({ round: 2 }));
    expect(federation.apply(closed()).evaluated).toMatchObject({ round: 1, selected: 1 });
  });
});

describe("a fold", () => {
  it("knows every client that it heard of", () => {
    const federation = new Federation();
    federation.apply(opened(["b", "a"]));
    federation.apply(registered("c", "key"));
    expect([...federation.fold.clientIds()].sort()).toStrictEqual(["a", "b", "c"]);
  });

  it("names the rules that a snapshot refers to, each once", () => {
    const federation = new Federation();
    expect(federation.fold.snapshot().rulesHashes).toStrictEqual([]);
    const strict = { ...DEFAULT_TRUST_RULES, hash: "strict", exclusions: [exclusionBelow(0.4)] };
    federation.round([]);
    federation.round([], { rules: strict });
    federation.round([]);
    expect(federation.fold.snapshot().rulesHashes).toStrictEqual([
      DEFAULT_TRUST_RULES.hash,
      "strict",
    ]);
  });
});

describe("a fold that is made of a snapshot goes on alike:", () => {
  // prettier-ignore
  it.each<[says: string, before: (federation: Federation) => void, after: readonly Observation[]]>([
    ["who waits in its own runs", (federation) => { federation.round(critical("a")); federation.repeat(3, [], { selected: HONEST }); federation.repeat(2, [], { runId: "other", selected: HONEST }); },
      [opened(HONEST, { round: 5 }), closed({ round: 5 }), opened(HONEST, { runId: "other", round: 3 }), closed({ runId: "other", round: 3 })]],
    ["what was registered and pardoned between rounds that may be folded anew", (federation) => { federation.round(critical("a")); federation.apply(registered("b", "key", { owner: "alice" })); federation.apply(registered("a", "key", { owner: "alice" })); federation.apply(pardoned("a")); federation.round([updated("a")]); },
      [poisoned("a", { round: 2, reporter: "two" }), poisoned("h1", { round: 1, reporter: "two" }), registered("c", "new", { owner: "alice" })]],
    ["what was joined long ago", (federation) => { federation.apply(registered("b", "key", { owner: "alice" })); federation.apply(registered("a", "key", { owner: "alice" })); federation.repeat(4, [poisoned("a")]); },
      [registered("d", "key"), registered("c", "new", { owner: "alice" }), opened(["a", "b", "c"], { round: 5 }), poisoned("b", { round: 5 }), closed({ round: 5 })]],
    ["alerts that are raised", (federation) => { federation.repeat(3, ["a", "h1", "h2", "h3", "h4"].map((client) => poisoned(client))); },
      [opened(["a", ...HONEST], { round: 4 }), ...HONEST.map((client) => updated(client, { round: 4 })), closed({ round: 4 })]],
  ])("%s", (_says, before, after) => {
    const federation = new Federation();
    before(federation);
    const snapshot = structuredClone(federation.fold.snapshot());
    const fold = finish(restoreTrustFoldSteps(trustModel(), snapshot, () => DEFAULT_TRUST_RULES));
    const restored = new Federation(fold);
    for (const observation of after) {
      const [one, other] = [federation, restored].map((of) => {
        const { points, ...told } = of.apply(observation);
        return { points: [...points], ...told };
      });
      expect(other).toStrictEqual(one);
    }
    expect(remembered(restored)).toStrictEqual(remembered(federation));
  });
});
