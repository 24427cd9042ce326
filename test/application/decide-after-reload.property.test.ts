import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryEventLog } from "../../src/adapters/memory/event-log.js";
import { createMemoryPolicyHistory } from "../../src/adapters/memory/policy-history.js";
import { createMemoryPolicyVersionStore } from "../../src/adapters/memory/policy-version-store.js";
import { createPrometheusMetrics } from "../../src/adapters/prometheus/metrics.js";
import { createSystemClock } from "../../src/adapters/system/clock.js";
import { createUuidIds } from "../../src/adapters/system/ids.js";
import { createPolicyActivation } from "../../src/application/activate-policies.js";
import { createDecisionPoint } from "../../src/application/decision-point.js";
import { createEventMaker } from "../../src/application/engine-events.js";
import { PdpError } from "../../src/application/errors.js";
import type { LoadedPolicySet, PolicySource } from "../../src/application/ports/policy-source.js";
import type { PolicyWriter } from "../../src/application/ports/policy-writer.js";
import { runInSlices } from "../../src/application/run-in-slices.js";
import { decide } from "../../src/core/decide.js";
import type { Decision } from "../../src/core/decision.js";
import type { Policy } from "../../src/core/policy.js";
import { accessRequest } from "../../src/core/request.js";
import { buildSnapshot } from "../../src/core/snapshot.js";
import { compiled, writtenPolicies, writtenRequest } from "../support/arbitrary-policies.js";
import { createKeptLog } from "../support/kept-log.js";

const clock = createSystemClock();
const ids = createUuidIds();

function setOf(policies: readonly Policy[], contentHash: string): LoadedPolicySet {
  return {
    policies: policies.map((policy) => ({
      policy,
      document: {},
      source: "file",
      file: "policies.json",
      etag: contentHash,
    })),
    contentHash,
    file: "policies.json",
    issues: [],
  };
}

const READ_ONLY: PolicyWriter = {
  plan: () => Promise.reject(new Error("nothing is written here")),
  restore: () => Promise.reject(new Error("nothing is written here")),
};

function activationOf(source: PolicySource): ReturnType<typeof createPolicyActivation> {
  const versions = createMemoryPolicyVersionStore();
  const eventLog = createMemoryEventLog({ logId: ids.eventId() });
  return createPolicyActivation({
    ...{ source, writer: READ_ONLY, versions, eventLog, ids },
    history: createMemoryPolicyHistory({ eventLog, mark: versions }),
    metrics: createPrometheusMetrics(),
    makeEvent: createEventMaker({ ids, clock }),
    clock,
    log: createKeptLog(),
    unknownTypeEffect: "permit",
  });
}

describe("a reload", () => {
  it("leaves an engine that decides as one started with the new set", async () => {
    const requests = fc.array(writtenRequest, { minLength: 1, maxLength: 5 });
    const sets = fc.tuple(writtenPolicies, writtenPolicies);
    await fc.assert(
      fc.asyncProperty(sets, requests, async ([before, after], asked) => {
        const contents = [setOf(compiled(before), "before"), setOf(compiled(after), "after")];
        const activation = activationOf({
          load: () => {
            const set = contents.shift();
            return Promise.resolve(set ? { ok: true, set } : { ok: false, issues: [] });
          },
          watch: () => () => undefined,
        });
        await activation.reload();
        const { policyVersion } = await activation.reload();
        const reloaded = activation.active()?.snapshot;
        const fresh = buildSnapshot(compiled(after), { policyVersion });
        for (const { type, attributes } of asked) {
          const request = accessRequest(type, attributes);
          expect(reloaded && decide(reloaded, request)).toStrictEqual(decide(fresh, request));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("a batch", () => {
  it("answers each item as a check of its own", async () => {
    const checks = fc.array(writtenRequest, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(writtenPolicies, checks, async (written, asked) => {
        const snapshot = buildSnapshot(compiled(written), { policyVersion: 1 });
        const point = createDecisionPoint({
          activeSnapshot: () => snapshot,
          engineAttributes: () => ({}),
          registry: { componentTypeOf: () => undefined },
          recordDecision: () => undefined,
          clock,
          ids,
          batchMaxItems: 1_000,
        });
        const items = asked.map(({ type, attributes }) => ({
          requestId: "",
          policyType: type,
          context: attributes,
          explain: false,
        }));
        const { results: batch } = await point.batchCheckPolicies(items, false);
        const alone = items.map((item) => answerOrRefusal(() => point.checkPolicy(item).decision));
        expect(batch.map(({ decision }) => decision.allowed)).toStrictEqual(
          alone.map((decision) => decision?.allowed ?? false),
        );
        expect(
          batch.filter(({ decision }) => decision.denyKind !== "invalid_request"),
        ).toMatchObject(
          alone.filter((decision) => decision !== undefined).map((decision) => ({ decision })),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("work in slices", () => {
  function* counted(): Generator<void, string> {
    for (let step = 0; step < 10; step += 1) yield;
    return "done";
  }

  it("lets others have their turn whenever a slice is over", async () => {
    let nowMs = 0;
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns += 1;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    const result = await runInSlices(counted(), { monotonicMs: () => (nowMs += 5) });
    running = false;
    expect(result).toBe("done");
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it("waits for nobody while a slice lasts", async () => {
    let others = 0;
    setImmediate(() => (others += 1));
    await runInSlices(counted(), { monotonicMs: () => 0 });
    expect(others).toBe(0);
  });
});

function answerOrRefusal(ask: () => Decision): Decision | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof PdpError && error.failure.reason === "REQUEST_INVALID") return undefined;
    throw error;
  }
}
