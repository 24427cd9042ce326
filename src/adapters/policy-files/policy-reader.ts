import type { ConditionCompiler } from "../../application/ports/condition-compiler.js";
import type {
  PolicyReader,
  PolicyReading,
  PolicySubject,
} from "../../application/ports/policy-reader.js";
import { createIssueList } from "./issue-list.js";
import { extendPath, type JsonNode, memberOf, nodeOf } from "./json-tree.js";
import { readPolicyFunctions } from "./read-policy-functions.js";
import { readPolicyTree } from "./read-policy-file.js";
import { entriesOfFiles, entriesOfTexts, type PolicyEntries } from "./read-policy-set.js";
import { canonicalKey } from "./translate-target.js";

/** Reads policies without loading them, and remembers where everything stands. */
export function createPolicyReader({
  conditionCompiler,
}: {
  readonly conditionCompiler: ConditionCompiler;
}): PolicyReader {
  return {
    *readTexts(texts) {
      return readingOf(yield* entriesOfTexts(texts, conditionCompiler));
    },
    *readDocuments(policies, functionTexts = []) {
      const functions = readPolicyFunctions(functionTexts, conditionCompiler);
      const issues = createIssueList("", undefined);
      const root = nodeOf({ policies }, (path) => {
        issues.error({ path }, 0, "this number is not finite", "write a finite number");
      });
      const main = yield* readPolicyTree(root, issues, functions.conditionCompiler);
      const read = entriesOfFiles({ main, defaults: undefined });
      return readingOf({ ...read, issues: [...functions.issues, ...read.issues] });
    },
  };
}

function readingOf({ entries, issues }: PolicyEntries): PolicyReading {
  const byId = new Map(entries.map((entry) => [entry.policy.id, entry]));
  return {
    policies: entries.map(({ policy }) => policy),
    issues,
    placeOf({ policyId, ruleIndex, keys }) {
      const entry = byId.get(policyId);
      if (entry === undefined) return { file: "", path: "" };
      const policy = { node: entry.node, offset: entry.node.offset, path: entry.subject.path };
      const owner = ruleIndex === undefined ? policy : ruleOf(policy, ruleIndex);
      const { offset, path } = placeWithin(owner, keys);
      return { ...entry.issues.placeOf(offset), path };
    },
  };
}

interface Place {
  readonly node: JsonNode;
  readonly offset: number;
  readonly path: string;
}

function ruleOf(policy: Place, index: number): Place {
  const rules = memberOf(policy.node, "rules")?.node;
  const node = rules?.kind === "list" ? rules.elements[index] : undefined;
  if (node === undefined) return policy;
  const path = extendPath(extendPath(policy.path, "rules"), index);
  return { node, offset: node.offset, path };
}

function placeWithin(owner: Place, keys: PolicySubject["keys"]): Place {
  // A condition stands under `match` or beside it.
  const match = memberOf(owner.node, "match")?.node;
  const isInMatch = keys[0] === "condition" && memberOf(match, "condition") !== undefined;
  return (isInMatch ? ["match", ...keys] : keys).reduce(stepInto, owner);
}

function stepInto(place: Place, key: string): Place {
  if (place.node.kind !== "object") return place;
  for (const [written, { keyOffset, node }] of place.node.members) {
    if (written !== key && canonicalKey(written) !== key) continue;
    return { node, offset: keyOffset, path: extendPath(place.path, written) };
  }
  return place;
}
