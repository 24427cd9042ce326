import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import {
  createListDecisions,
  type ListDecisionsQuery,
} from "../../src/application/list-decisions.js";
import { aLoggedDecision } from "../contract/decision-log.contract.js";

const EVERYTHING: ListDecisionsQuery = {
  ...{ clientId: "", policyId: "", ruleId: "", policyType: "" },
  ...{ pageSize: 0, pageToken: "" },
};

function aList(count: number) {
  const decisionLog = createMemoryDecisionLog();
  for (let n = 0; n < count; n += 1) {
    decisionLog.append(aLoggedDecision({ timeMs: n, clientId: n % 2 === 0 ? "even" : "odd" }));
  }
  const list = createListDecisions({ decisionLog });
  return (query: Partial<ListDecisionsQuery>) => list({ ...EVERYTHING, ...query });
}

describe("a page of decisions", () => {
  it.each<[says: string, pageSize: number, length: number]>([
    ["has 100 when nothing is said", 0, 100],
    ["has as many as asked", 7, 7],
    ["has at most 1,000", 5000, 1000],
  ])("%s", async (_says, pageSize, length) => {
    const { decisions, nextPageToken } = await aList(1200)({ pageSize });
    expect([decisions.length, nextPageToken === ""]).toEqual([length, false]);
  });

  it("is followed by the others, to the last one", async () => {
    const list = aList(25);
    const times: number[] = [];
    let pageToken = "";
    do {
      const page = await list({ pageSize: 10, pageToken });
      times.push(...page.decisions.map(({ timeMs }) => timeMs));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(times).toEqual(Array.from({ length: 25 }, (_, n) => 24 - n));
  });

  it.each<[says: string, query: Partial<ListDecisionsQuery>, problem: string]>([
    [
      "a size below 0",
      { pageSize: -1 },
      "page_size must be a whole number from 0 (the default of 100), got -1",
    ],
    [
      "an end before the start",
      { startTimeMs: 2, endTimeMs: 1 },
      "end_time must not be before start_time",
    ],
    [
      "a token that is none",
      { pageToken: "abc" },
      "page_token is not a token of this list: start again without it",
    ],
  ])("is refused: %s", async (_says, query, problem) => {
    await expect(aList(3)(query)).rejects.toThrow(problem);
  });

  it("is refused with a token of another query", async () => {
    const list = aList(25);
    const { nextPageToken } = await list({ pageSize: 1, clientId: "even" });
    await expect(list({ clientId: "odd", pageToken: nextPageToken })).rejects.toThrow(
      "page_token belongs to another query: send the filters it was given for",
    );
    const next = await list({ clientId: "even", pageToken: nextPageToken, pageSize: 3 });
    expect(next.decisions.map(({ timeMs }) => timeMs)).toEqual([22, 20, 18]);
  });
});
