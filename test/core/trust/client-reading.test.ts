import { describe, expect, it } from "vitest";
import { readingOf } from "../../../src/core/trust/client-reading.js";
import { ClientRecord } from "../../../src/core/trust/client-record.js";
import { trustModel } from "../../../src/core/trust/trust-model.js";
import type { TrustReading } from "../../../src/core/trust/trust-reading.js";

const OWNER = { clientId: "a", known: true, runId: "run" };

function reading(
  tell: (record: ClientRecord) => void,
  owner: Partial<Parameters<typeof readingOf>[1]> = {},
): TrustReading {
  const record = new ClientRecord();
  record.reset(0.5);
  tell(record);
  return readingOf(record, { ...OWNER, ...owner }, trustModel());
}

describe("what is told of a client", () => {
  // prettier-ignore
  it.each<[says: string, tell: (record: ClientRecord) => void, told: object]>([
    ["whose it is", () => undefined, { clientId: "a", known: true }],
    ["a confidence that is one without the width of the interval", () => undefined, { trustLower: expect.closeTo(0.3124, 4) as number, trustUpper: expect.closeTo(0.6876, 4) as number, confidence: expect.closeTo(0.6249, 4) as number }],
    ["its score, and how that moved", (record) => { record.addScore(0.75); record.addScore(0.5); }, { trustScore: 0.5, trustScoreChange: -0.25, trustScoreDelta: -0.25 }],
    ["its state", (record) => { record.state = "REDUCED"; }, { state: "REDUCED", excluded: false }],
    ["that it is excluded, and how long it has to wait", (record) => { record.state = "EXCLUDED"; record.dwell = 4; }, { state: "EXCLUDED", excluded: true, dwellRounds: 4 }],
    ["no wait that was over long ago", (record) => { record.state = "EXCLUDED"; record.dwell = -4; }, { excluded: true, dwellRounds: 0 }],
    ["no wait of a client that is not excluded", (record) => { record.state = "REDUCED"; record.dwell = 4; }, { excluded: false, dwellRounds: 0 }],
    ["how often it was observed and excluded", (record) => { record.roundsObserved = 3; record.exclusions = 2; }, { roundsObserved: 3, exclusions: 2 }],
    ["its last round", (record) => { record.round = 9; }, { runId: "run", round: 9 }],
    ["the time of its last evidence", (record) => { record.evidenceTimeMs = 0; }, { lastEvidenceTimeMs: 0 }],
  ])("%s", (_says, tell, told) => {
    expect(reading(tell)).toMatchObject(told);
  });

  it("each factor, with its weight, its evidence and its interval", () => {
    const { factors } = reading((record) => {
      record.setEvidence(1, 4, 0);
      record.setEvidence(3, 0, 12);
    });
    const told = factors.map(({ value, lower, upper, ...rest }) => ({
      ...rest,
      interval: [lower, value, upper].map((number) => Number(number.toFixed(3))),
    }));
    const none = { evidenceGood: 0, evidenceBad: 0, interval: [0.132, 0.5, 0.868] };
    expect(told).toStrictEqual([
      { name: "participation_rate", weight: 0.3, ...none },
      {
        name: "update_quality",
        weight: 0.3,
        evidenceGood: 4,
        evidenceBad: 0,
        interval: [0.513, 0.75, 0.987],
      },
      { name: "behavioral_consistency", weight: 0.2, ...none },
      {
        name: "compliance_history",
        weight: 0.2,
        evidenceGood: 0,
        evidenceBad: 12,
        interval: [0, 0.125, 0.257],
      },
    ]);
  });

  it.each<[what: string, name: string, of: TrustReading]>([
    ["round", "round", reading(() => undefined, { runId: undefined })],
    ["run", "runId", reading(() => undefined, { runId: undefined })],
    ["evidence", "lastEvidenceTimeMs", reading(() => undefined)],
  ])("no last %s where there was none", (_what, name, of) => {
    expect(of).not.toHaveProperty(name);
  });
});
