import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConditionCompiler } from "../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../src/adapters/policy-files/policy-file-source.js";
import {
  createPolicyStores,
  openPolicyWorkshop,
  outcomeOf,
  type PolicyStores,
  type PolicyWorkshop,
} from "./policy-workshop.js";

const DEFAULTS = { policies: { default: { type: "t", priority: 1, rules: [] } } };

type PolicySet = Readonly<Record<string, { readonly priority: number; readonly enabled: boolean }>>;

/** What is promised of changing policy, in a few lines. */
export class PolicyModel {
  /** Undefined where no good set was loaded since the start. */
  active: PolicySet | undefined;
  onDisk: PolicySet | "broken" = "broken";
  /** The file holds an edit that nobody has loaded. */
  isEdited = true;
  /** Newest first. */
  versions: readonly number[] = [];
  readonly contents = new Map<number, PolicySet>();

  load(): string {
    if (this.onDisk === "broken") return "POLICY_INVALID";
    this.active = this.onDisk;
    this.isEdited = false;
    return "done";
  }

  /** @param changed - The set after the change, or why there is none. */
  write(changed: (active: PolicySet) => PolicySet | string): string {
    if (!this.active) return "NO_ACTIVE_POLICY";
    const next = changed(this.active);
    if (typeof next === "string") return next;
    if (this.isEdited) {
      this.load();
      return "FILE_CHANGED_ON_DISK";
    }
    this.active = next;
    this.onDisk = next;
    return "done";
  }

  setEnabled(id: string, enabled: boolean): string {
    // What changes nothing is answered, whatever lies on the disk.
    if (this.active?.[id]?.enabled === enabled) return "done";
    return this.write((active) => withPolicy(active, id, { enabled }));
  }

  discardEdits(): string {
    const newest = this.contents.get(this.versions[0] ?? 0);
    if (this.onDisk === "broken") this.onDisk = this.active ?? newest ?? "broken";
    return this.load();
  }

  restart(): string {
    this.active = undefined;
    return this.load();
  }
}

export function withPolicy(
  set: PolicySet,
  id: string,
  change: Partial<PolicySet[string]>,
): PolicySet | string {
  const before = set[id];
  return before ? { ...set, [id]: { ...before, ...change } } : "POLICY_NOT_FOUND";
}

export function without(set: PolicySet, id: string): PolicySet | string {
  if (!set[id]) return "POLICY_NOT_FOUND";
  return Object.fromEntries(Object.entries(set).filter(([other]) => other !== id));
}

export function setOf(edited: Readonly<Record<string, number>>): PolicySet {
  const all = { default: 1, ...edited };
  return Object.fromEntries(
    Object.entries(all).map(([id, priority]) => [id, { priority, enabled: true }]),
  );
}

/** The policy use cases of an engine, over a real file. */
export class PolicyEngine {
  readonly folder = mkdtempSync(join(tmpdir(), "policy-model-"));
  readonly file = join(this.folder, "policies.json");
  readonly stores: PolicyStores = createPolicyStores();
  workshop: PolicyWorkshop = openPolicyWorkshop(this.file, this.stores);
  /** What was loaded or written last. */
  knownText: string | undefined;

  constructor() {
    writeFileSync(join(this.folder, "default_policies.json"), JSON.stringify(DEFAULTS));
  }

  text(): string {
    return readFileSync(this.file, "utf8");
  }

  edit(policies: Readonly<Record<string, number>>): string {
    const written = Object.entries(policies).map(([id, priority]) => [
      id,
      { type: "t", priority, rules: [], updated_at: "today" },
    ]);
    return this.write(
      JSON.stringify({ note: "kept", policies: Object.fromEntries(written) as object }),
    );
  }

  write(text: string): string {
    writeFileSync(this.file, text);
    return "done";
  }

  async restart(): Promise<string> {
    // Of two engines at once nothing is promised: the old one comes to rest first.
    await this.comeToRest();
    this.workshop = openPolicyWorkshop(this.file, this.stores);
    return outcomeOf(this.workshop.activation.reload());
  }

  /** An edit that was in the way of a change is loaded by itself. */
  async comeToRest(): Promise<void> {
    await outcomeOf(this.workshop.activation.change(() => Promise.resolve()));
  }

  async facts() {
    const { activation } = this.workshop;
    const active = activation.active();
    const source = createPolicyFileSource({
      file: this.file,
      conditionCompiler: createConditionCompiler(),
    });
    const onDisk = await source.load();
    const versions = await this.stores.history.list({ limit: 1000 });
    return {
      version: activation.status().policyVersion,
      set:
        active &&
        Object.fromEntries(
          active.policies.map(({ policy: { id, priority, enabled } }) => [
            id,
            { priority, enabled },
          ]),
        ),
      versions: versions.map(({ policyVersion }) => policyVersion),
      hashes: {
        onDisk: onDisk.ok && onDisk.set.contentHash,
        active: active?.contentHash,
        newest: versions[0]?.contentHash,
      },
    };
  }
}
