import { describe, expect, it } from "vitest";
import {
  CLIENT_PATHS,
  copyTrustAttributes,
  isClientName,
  trustAttributes,
} from "../../src/core/trust-attributes.js";
import { createTrustFold } from "../../src/core/trust/fold.js";
import type { TrustReading } from "../../src/core/trust/trust-reading.js";
import { lookUp } from "../../src/core/values.js";

const factor = (value: number) => ({ value, lower: value - 0.05, upper: value + 0.05 });
const READING: TrustReading = {
  ...createTrustFold().reading("client"),
  ...{ trustScore: 0.4, trustLower: 0.3, trustUpper: 0.5, state: "REDUCED" },
  ...{ trustScoreChange: -0.2, roundsObserved: 7, exclusions: 1 },
  factors: createTrustFold()
    .reading("client")
    .factors.map((one, index) => ({ ...one, ...factor(0.1 + index / 5) })),
};

// prettier-ignore
const READ: readonly (readonly [name: string, value: number | string])[] = [
  ["client.trust_score", 0.4],
  ["client.trust_lower", 0.3],
  ["client.trust_upper", 0.5],
  ["client.trust_state", "REDUCED"],
  ["client.trust_score_change", -0.2],
  ["trust_score_change", -0.2],
  ["client.rounds_observed", 7],
  ["client.exclusions", 1],
  ["client.factors.participation_rate", 0.1],
  ["client.factors.participation_rate.lower", 0.05],
  ["client.factors.participation_rate.upper", 0.15],
  ["client.factors.update_quality", 0.3],
  ["client.factors.update_quality.lower", 0.25],
  ["client.factors.update_quality.upper", 0.35],
  ["client.factors.behavioral_consistency", 0.5],
  ["client.factors.behavioral_consistency.lower", 0.45],
  ["client.factors.behavioral_consistency.upper", 0.55],
  ["client.factors.compliance_history", 0.7],
  ["client.factors.compliance_history.lower", 0.65],
  ["client.factors.compliance_history.upper", 0.75],
];

describe("a condition reads of a client", () => {
  it.each(READ)("%s", (name, value) => {
    const expected = typeof value === "number" ? (expect.closeTo(value, 9) as number) : value;
    expect(lookUp(trustAttributes(READING), name.split("."))).toEqual(expected);
    expect(lookUp(copyTrustAttributes(trustAttributes(READING)), name.split("."))).toEqual(
      expected,
    );
  });

  it("all that is listed, and nothing else under `client.`", () => {
    const found = CLIENT_PATHS.map((path) =>
      lookUp(trustAttributes(READING), ["client", ...path.split(".")]),
    );
    expect(found).not.toContain(undefined);
    const read = READ.map(([name]) => name).filter((name) => name.startsWith("client."));
    expect(CLIENT_PATHS.map((path) => `client.${path}`)).toEqual(expect.arrayContaining(read));
    expect(new Set(CLIENT_PATHS).size).toBe(CLIENT_PATHS.length);
    const { client } = trustAttributes(READING);
    expect(Object.keys(client).filter((name) => !CLIENT_PATHS.includes(name))).toEqual([]);
  });

  it("the widest bounds of a factor that the reading has not", () => {
    const known = trustAttributes({ ...READING, factors: [] });
    expect(known.client["factors"]).toEqual({});
    const bounds = Object.entries(known).filter(([name]) => name.startsWith("client.factors."));
    const widest = [
      ["lower", 0],
      ["upper", 1],
    ];
    expect(bounds.map(([name, bound]) => [name.split(".").at(-1), bound])).toEqual(
      Array<typeof widest>(4).fill(widest).flat(),
    );
  });
});

describe("once a client is named the engine alone speaks of", () => {
  // prettier-ignore
  it.each<[name: string, alone: boolean]>([
    ["client.trust_score", true],
    ["client.trust_state", true],
    ["client.factors", true],
    ["client.factors.update_quality", true],
    ["client.factors.anything", true],
    ["client.exclusions.more", true],
    ["trust_score_change", true],
    ["trust_score_change.more", false],
    ["client", false],
    ["client.device", false],
    ["trust_score", false],
    ["server.trust_score", false],
  ])("%s: %s", (name, alone) => {
    expect(isClientName(name.split("."))).toBe(alone);
  });
});
