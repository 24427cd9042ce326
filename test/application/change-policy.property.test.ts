import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../src/adapters/policy-files/policy-file-source.js";
import {
  BY,
  createPolicyStores,
  openPolicyWorkshop,
  outcomeOf,
  type PolicyStores,
  type PolicyWorkshop,
} from "../support/policy-workshop.js";

const IDS = ["a", "b", "default", "10"];
const DEFAULTS = { policies: { default: { type: "t", priority: 1, rules: [] } } };

/** What somebody does; a number chooses among the versions there are. */
type Step =
  | { readonly act: "create" | "update"; readonly id: string; readonly priority: number }
  | { readonly act: "delete" | "enable" | "disable"; readonly id: string }
  | { readonly act: "edit"; readonly policies: Readonly<Record<string, number>> }
  | { readonly act: "break" | "reload" | "discard" | "restart" | "reformat" }
  | { readonly act: "rollback"; readonly version: number };

const id = fc.constantFrom(...IDS);
const priority = fc.nat(3);
const acts = <Act extends string>(...names: Act[]) => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: acts("create", "update"), id, priority }) },
  { weight: 3, arbitrary: fc.record({ act: acts("delete", "enable", "disable"), id }) },
  { weight: 1, arbitrary: fc.record({ act: acts("edit"), policies: fc.dictionary(id, priority) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: acts("reload", "discard", "restart", "reformat") }),
  },
  { weight: 1, arbitrary: fc.record({ act: acts("break") }) },
  { weight: 1, arbitrary: fc.record({ act: acts("rollback"), version: fc.nat() }) },
);

/** An engine's policy, its file, and everything that was ever active. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), "policy-world-"));
  readonly file = join(this.folder, "policies.json");
  readonly stores: PolicyStores = createPolicyStores();
  workshop: PolicyWorkshop = openPolicyWorkshop(this.file, this.stores);

  constructor() {
    writeFileSync(join(this.folder, "default_policies.json"), JSON.stringify(DEFAULTS));
    this.edit({ a: 1 });
  }

  edit(policies: Readonly<Record<string, number>>): void {
    const written = Object.entries(policies).map(([each, level]) => [
      each,
      { type: "t", priority: level, rules: [], updated_at: "today" },
    ]);
    const document = { note: "kept", policies: Object.fromEntries(written) as object };
    writeFileSync(this.file, JSON.stringify(document));
  }

  /** @returns How it ended. */
  async take(taken: Step): Promise<string> {
    const { activation, changes } = this.workshop;
    switch (taken.act) {
      case "create": {
        const document = { id: taken.id, type: "t", priority: taken.priority, rules: [] };
        return outcomeOf(changes.create({ document, validateOnly: false }, BY));
      }
      case "update": {
        const change = {
          policyId: taken.id,
          etag: "",
          revise: ({ document }: { document: object }) => ({
            ...document,
            priority: taken.priority,
          }),
          validateOnly: false,
        };
        return outcomeOf(changes.update(change, BY));
      }
      case "delete":
        return outcomeOf(changes.remove({ policyId: taken.id, etag: "" }, BY));
      case "enable":
      case "disable": {
        const enabled = taken.act === "enable";
        return outcomeOf(changes.setEnabled({ policyId: taken.id, etag: "", enabled }, BY));
      }
      case "rollback": {
        const known = await this.stores.history.list({ limit: 1000 });
        const { policyVersion = 1 } = known[taken.version % known.length] ?? {};
        return outcomeOf(changes.rollback({ policyVersion }, BY));
      }
      case "edit":
        this.edit(taken.policies);
        return "edited";
      case "break":
        writeFileSync(this.file, '{"policies": {"a": ');
        return "edited";
      case "reformat":
        writeFileSync(this.file, readFileSync(this.file, "utf8").replaceAll(/\n */g, " "));
        return "edited";
      case "reload":
      case "discard":
        return outcomeOf(activation.reload({ discardFileChanges: taken.act === "discard" }));
      case "restart":
        // Of two engines at once nothing is promised: the old one comes to rest first.
        await outcomeOf(activation.change(() => Promise.resolve()));
        this.workshop = openPolicyWorkshop(this.file, this.stores);
        return outcomeOf(this.workshop.activation.reload());
    }
  }

  version(): number {
    return this.workshop.activation.status().policyVersion;
  }

  async facts(): Promise<object> {
    const active = this.workshop.activation.active();
    const source = createPolicyFileSource({
      file: this.file,
      conditionCompiler: createConditionCompiler(),
    });
    const onDisk = await source.load();
    const newest = await this.stores.history.newest();
    return {
      file: onDisk.ok ? onDisk.set.contentHash : "broken",
      active: active?.contentHash,
      newest: newest?.contentHash,
      versions: [active?.snapshot.policyVersion, newest?.policyVersion],
    };
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

const WRITES: readonly string[] = ["create", "update", "delete", "enable", "disable", "rollback"];

describe("whatever people and the API do, one after the other", () => {
  it("file, history and the active set agree after everything that was acknowledged", async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        const world = new World();
        try {
          await world.workshop.activation.reload();
          for (const taken of steps) {
            const before = world.version();
            const outcome = await world.take(taken);
            seen.set(`${taken.act} ${outcome}`, (seen.get(`${taken.act} ${outcome}`) ?? 0) + 1);
            // What changes nothing is answered whatever lies on the disk.
            const isNothing = WRITES.includes(taken.act) && world.version() === before;
            if (outcome !== "done" || isNothing) continue;
            const facts = (await world.facts()) as { file: string; versions: number[] };
            const [version] = facts.versions;
            expect(facts).toEqual({
              ...{ file: facts.file, active: facts.file, newest: facts.file },
              versions: [version, version],
            });
          }
          const known = await world.stores.history.list({ limit: 1000 });
          const numbers = known.map(({ policyVersion }) => policyVersion);
          expect(numbers).toEqual(numbers.toSorted((left, right) => right - left));
          expect(new Set(numbers).size).toBe(numbers.length);
          const hashes = known.map(({ contentHash }) => contentHash);
          expect(hashes.filter((hash, index) => hash === hashes[index + 1])).toEqual([]);
        } finally {
          world.close();
        }
      }),
      { numRuns: 40 },
    );
    for (const act of [...WRITES, "discard", "restart", "reload"]) {
      expect(seen.get(`${act} done`), act).toBeGreaterThan(0);
    }
    expect(seen.get("update FILE_CHANGED_ON_DISK")).toBeGreaterThan(0);
    expect(seen.get("reload POLICY_INVALID")).toBeGreaterThan(0);
  }, 60_000);
});
