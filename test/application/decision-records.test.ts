import { describe, expect, it } from "vitest";
import { createMemoryDecisionLog } from "../../src/adapters/memory/decision-log.js";
import { createDecisionRecords } from "../../src/application/decision-records.js";
import { PdpError } from "../../src/application/errors.js";
import type { DecisionLog, LoggedDecision } from "../../src/application/ports/decision-log.js";
import type { ValueMap } from "../../src/core/values.js";
import { anyDecision } from "../contract/decision-log.contract.js";
import { PERMIT, record } from "../support/decision-records.js";

function someRecords(options: {
  readonly durability?: "async" | "sync";
  readonly redactedPaths?: readonly string[];
  readonly decisionLog?: DecisionLog;
}) {
  const decisionLog = options.decisionLog ?? createMemoryDecisionLog();
  const told: LoggedDecision[] = [];
  const records = createDecisionRecords({
    decisionLog,
    tell: (one) => told.push(one),
    durability: options.durability ?? "async",
    redactedPaths: options.redactedPaths ?? [],
  });
  const logged = async () => (await decisionLog.list(anyDecision)).decisions;
  return { ...records, told, logged };
}

describe("a decision", () => {
  it("is told and logged with what it was decided on and when", async () => {
    const { record: keep, told, logged } = someRecords({});
    const given = record(PERMIT, { clientId: "c", attributes: { src_ip: "10.0.0.1" } });
    keep(given);
    expect(told).toEqual([given]);
    expect(await logged()).toEqual([given]);
  });

  it("has not to be waited for with `async`", () => {
    const { record: keep, settled } = someRecords({ durability: "async" });
    keep(record(PERMIT));
    expect(settled()).toBeUndefined();
  });

  it("can be waited for with `sync`, once", async () => {
    const { record: keep, settled } = someRecords({ durability: "sync" });
    keep(record(PERMIT));
    await expect(settled()).resolves.toBeUndefined();
    expect(settled()).toBeUndefined();
  });

  it("fails who waits for it when it cannot be recorded", async () => {
    const unavailable = new PdpError({ reason: "STORAGE_UNAVAILABLE", what: "the decision" });
    const decisionLog: DecisionLog = {
      ...createMemoryDecisionLog(),
      appendDurably: () => Promise.reject(unavailable),
    };
    const { record: keep, settled } = someRecords({ durability: "sync", decisionLog });
    keep(record(PERMIT));
    await expect(settled()).rejects.toBe(unavailable);
  });
});

describe("redaction", () => {
  // prettier-ignore
  it.each<[says: string, paths: string[], given: ValueMap, kept: ValueMap, redacted: boolean]>([
    ["leaves everything without a path",                [],            { a: 1 },                            { a: 1 },                     false],
    ["leaves out an attribute",                         ["a"],         { a: 1, b: 2 },                      { b: 2 },                     true],
    ["says nothing of an attribute that is not there",  ["x"],         { a: 1 },                            { a: 1 },                     false],
    ["reaches into maps",                               ["a.b"],       { a: { b: 1, c: 2 } },               { a: { c: 2 } },              true],
    ["takes a whole map",                               ["a"],         { a: { b: 1 }, c: 2 },               { c: 2 },                     true],
    ["leaves out a flat attribute with a dotted name",  ["a.b"],       { "a.b": 1, c: 2 },                  { c: 2 },                     true],
    ["leaves out both spellings at once",               ["a.b"],       { "a.b": 1, a: { b: 2, c: 3 } },     { a: { c: 3 } },              true],
    ["knows keys with dots inside maps",                ["a.b.c"],     { "a.b": { c: 1 }, a: { "b.c": 2 } }, { "a.b": {}, a: {} },         true],
    ["leaves out every path",                           ["a", "b.c"],  { a: 1, b: { c: 2 }, d: 3 },         { b: {}, d: 3 },              true],
    ["reaches into every element of a list",            ["a.b"],       { a: [{ b: 1, c: 2 }, 3, { c: 4 }] }, { a: [{ c: 2 }, 3, { c: 4 }] }, true],
    ["reaches into lists of lists",                     ["a.b.c"],     { a: [[{ b: [{ c: 1 }] }]] },        { a: [[{ b: [{}] }]] },       true],
    ["knows no places of a list",                       ["a.0"],       { a: [1, 2] },                       { a: [1, 2] },                false],
    ["knows own keys only",                             ["constructor"], { a: 1 },                          { a: 1 },                     false],
  ])("%s", async (_says, redactedPaths, attributes, kept, redacted) => {
    const { record: keep, logged } = someRecords({ redactedPaths });
    keep(record(PERMIT, { attributes }));
    expect(await logged()).toMatchObject([{ attributes: kept, redacted }]);
    expect(Object.keys((await logged())[0]?.attributes ?? {})).toEqual(Object.keys(kept));
  });

  it("of `client_id` leaves the client out of the record and of the event", async () => {
    const { record: keep, told, logged } = someRecords({ redactedPaths: ["client_id"] });
    keep(record(PERMIT, { clientId: "secret", attributes: { client_id: "secret" } }));
    expect(JSON.stringify([told, await logged()])).not.toContain("secret");
  });

  it("does not change what the answer is made of", () => {
    const attributes = { a: { b: 1 } };
    someRecords({ redactedPaths: ["a.b"] }).record(record(PERMIT, { attributes }));
    expect(attributes).toEqual({ a: { b: 1 } });
  });
});
