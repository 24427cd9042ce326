import { decide, decideByReference } from "../src/core/decide.js";
import { isCandidate } from "../src/core/evaluate-rule.js";
import type { Policy } from "../src/core/policy.js";
import type { AccessRequest } from "../src/core/request.js";
import { buildSnapshot, type PolicySnapshot, snapshotSteps } from "../src/core/snapshot.js";
import { cpuMs, cpuRate } from "./cpu-rate.js";
import {
  type GeneratedSet,
  mixedSet,
  policyOf,
  requestsOf,
  seededRandom,
  typedSet,
} from "./generate-policies.js";
import { interleavedPairs, type Ratio } from "./pairs.js";
import { loadPeers, type PeerRule } from "./peers.js";

const SEED = 1;
const TYPE = "network_security";
const CONTEXTS = 500;
const PAIRS = 7;

/** A name that no request has: the condition always errs. */
const FAILING = {
  kind: "binary",
  operator: ">",
  left: { kind: "name", path: ["nowhere"] },
  right: { kind: "literal", value: 1 },
} as const;

interface Subject {
  readonly name: string;
  readonly policy: Policy;
  readonly snapshot: PolicySnapshot;
  readonly requests: readonly AccessRequest[];
  readonly meanMatches: number;
}

/** Deciding on parsed requests: how it grows, and what the index saves beside the plain walk. */
export async function benchmark(print: (line: string) => void): Promise<object> {
  const ratios: Ratio[] = [];
  const measure = async (options: Parameters<typeof interleavedPairs>[0]): Promise<void> => {
    const ratio = await interleavedPairs(options);
    ratios.push(ratio);
    print(
      `${ratio.name} / ${ratio.baseline}: ${ratio.median} (${ratio.lowest} to ${ratio.highest}; ` +
        `${micros(ratio.subjectPerS)} against ${micros(ratio.baselinePerS)} us)`,
    );
  };

  print("## candidate lookup, typed rules, about 3 matches");
  const hundred = subjectOf("100 typed rules", typed(100));
  for (const rules of [10, 1_000, 10_000, 100_000]) {
    const subject = subjectOf(`${rules} typed rules`, typed(rules));
    await measure({
      name: `lookup, ${subject.name}`,
      baselineName: `lookup, ${hundred.name}`,
      pairs: PAIRS,
      subject: lookup(subject),
      baseline: lookup(hundred),
    });
  }

  print("## beside the reference, which asks every rule");
  const typed10k = subjectOf("10,000 typed rules", typed(10_000));
  const mixedFew = subjectOf("10,000 mixed rules", mixed(40, 256, 0.97));
  const mixedMany = subjectOf("10,000 mixed rules", mixed(7, 35, 0.8));
  for (const subject of [typed10k, mixedFew, mixedMany]) {
    const what = `${subject.name}, ${subject.meanMatches} matches`;
    await measure({
      name: `lookup, ${what}`,
      baselineName: "scan",
      pairs: PAIRS,
      subject: lookup(subject),
      baseline: scan(subject),
    });
    await measureDecide(`decide, deny-overrides, ${what}`, subject);
  }
  const manySet = mixed(7, 35, 0.8);
  await measureDecide(
    "decide, first-applicable (the reference stops early too), 10,000 mixed rules",
    subjectOf("first-applicable", manySet, { combining: "first-applicable" }),
  );
  await measureDecide(
    `decide, every condition fails, 10,000 mixed rules, ${mixedMany.meanMatches} matches`,
    subjectOf("failing", manySet, { condition: FAILING }),
  );

  async function measureDecide(name: string, subject: Subject): Promise<void> {
    await measure({
      name,
      baselineName: "the same by the reference",
      pairs: PAIRS,
      subject: () => cpuRate((index) => decide(subject.snapshot, requestAt(subject, index))),
      baseline: () =>
        cpuRate((index) => decideByReference(subject.snapshot, requestAt(subject, index))),
    });
  }

  print("## beside other engines, typed rules");
  for (const rules of [100, 1_000, 10_000]) await comparePeers(rules, measure);

  print("## compiling");
  const compile = [
    compileFacts("10,000 typed rules", typed(10_000)),
    compileFacts("10,000 mixed rules", mixed(40, 256, 0.97)),
    compileFacts("100,000 typed rules", typed(100_000)),
    compileFacts("100,000 mixed rules", mixed(80, 256, 0.97, 100_000)),
  ];
  for (const facts of compile) print(JSON.stringify(facts));
  return { seed: SEED, time: "processor time, not wall time", ratios, compile };
}

async function comparePeers(
  rules: number,
  measure: (options: Parameters<typeof interleavedPairs>[0]) => Promise<void>,
): Promise<void> {
  const set = typed(rules);
  const { snapshot, requests } = subjectOf("", set);
  const peers = await loadPeers(
    set.matches.map((match, index) => ({
      ...(match as unknown as Omit<PeerRule, "effect">),
      effect: index % 2 === 0 ? "allow" : "deny",
    })),
  );
  for (const peer of peers) {
    for (const [index, context] of set.contexts.slice(0, 20).entries()) {
      const request = requests[index];
      if (request && decide(snapshot, request).allowed !== (await peer.allows(context))) {
        throw new Error(`${peer.name} answers otherwise, so that a comparison would say nothing`);
      }
    }
    await measure({
      name: `decide, ${rules} typed rules`,
      baselineName: peer.name,
      pairs: 3,
      subject: () => cpuRate((index) => decide(snapshot, at(requests, index))),
      baseline: () => cpuRate((index) => peer.allows(at(set.contexts, index))),
    });
  }
}

/** Processor time and memory of building a snapshot, and the longest step between two turns. */
function compileFacts(name: string, set: GeneratedSet): object {
  const policies = [policyOf(set.matches, { type: TYPE })];
  buildSnapshot([policyOf(set.matches.slice(0, 2_000), { type: TYPE })], { policyVersion: 1 });
  const memoryBefore = usedMemory();
  const start = process.cpuUsage();
  let longestStepMs = 0;
  let stepStart = process.cpuUsage();
  const steps = snapshotSteps(policies, { policyVersion: 1 });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    longestStepMs = Math.max(longestStepMs, cpuMs(stepStart));
    stepStart = process.cpuUsage();
  }
  const compileMs = cpuMs(start);
  const memoryMb = (usedMemory() - memoryBefore) / 1e6;
  if (step.value.policiesByType.size !== 1) throw new Error("nothing was compiled");
  return {
    name,
    compile_ms: Math.round(compileMs),
    longest_step_ms: Math.round(longestStepMs * 10) / 10,
    memory_mb: Math.round(memoryMb * 10) / 10,
  };
}

/** After a collection where the process was started with `--expose-gc`. */
function usedMemory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function typed(rules: number): GeneratedSet {
  return typedSet({ rules, meanMatches: 3, contexts: CONTEXTS, random: seededRandom(SEED) });
}

function mixed(types: number, networks: number, typedShare: number, rules = 10_000): GeneratedSet {
  const random = seededRandom(SEED);
  return mixedSet({ rules, types, networks, typedShare, contexts: CONTEXTS, random });
}

function subjectOf(
  name: string,
  { matches, contexts }: GeneratedSet,
  options: Partial<Parameters<typeof policyOf>[1]> = {},
): Subject {
  const policy = policyOf(matches, { type: TYPE, combining: "deny-overrides", ...options });
  const snapshot = buildSnapshot([policy], { policyVersion: 1 });
  const requests = requestsOf(contexts, TYPE);
  const found = requests.map((request) => candidates(snapshot, request).length);
  const mean = found.reduce((sum, count) => sum + count, 0) / requests.length;
  return { name, policy, snapshot, requests, meanMatches: Math.round(mean * 10) / 10 };
}

function candidates(snapshot: PolicySnapshot, request: AccessRequest): readonly number[] {
  return snapshot.policiesByType.get(TYPE)?.index.candidates(request) ?? [];
}

function lookup(subject: Subject): () => Promise<number> {
  return () => cpuRate((index) => candidates(subject.snapshot, requestAt(subject, index)));
}

function scan(subject: Subject): () => Promise<number> {
  return () =>
    cpuRate((index) => {
      const request = requestAt(subject, index);
      return subject.policy.rules.filter((rule) => isCandidate(rule, request));
    });
}

function requestAt({ requests }: Subject, index: number): AccessRequest {
  return at(requests, index);
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index % values.length];
  if (value === undefined) throw new Error("nothing to ask");
  return value;
}

function micros(perSecond: number): number {
  return Math.round(1e8 / perSecond) / 100;
}
