import { rmSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  PolicyEngine as Engine,
  PolicyModel as Model,
  setOf,
  without,
  withPolicy,
} from "../support/policy-model.js";
import { BY, outcomeOf } from "../support/policy-workshop.js";

const IDS = ["a", "b", "default", "10"];

/** How often something ended in some way, over all runs. */
const seen = new Map<string, number>();

/** One thing that somebody does. */
class Deed implements fc.AsyncCommand<Model, Engine> {
  constructor(
    readonly name: string,
    readonly what: string,
    /** Changes the model, and gives the promised outcome. */
    readonly promise: (model: Model) => string,
    readonly act: (engine: Engine, model: Model) => Promise<string> | string,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, engine: Engine): Promise<void> {
    const acting = this.act(engine, model);
    const promised = this.promise(model);
    const outcome = await acting;
    expect(outcome, this.toString()).toBe(promised);
    const ended = `${this.name} ${outcome}`;
    seen.set(ended, (seen.get(ended) ?? 0) + 1);
    await engine.comeToRest();

    const { version, set, versions, hashes } = await engine.facts();
    expect(set, this.toString()).toEqual(model.active);
    // Nothing is forgotten, numbers only grow, and one deed makes one version at most.
    expect(versions.slice(versions.length - model.versions.length)).toEqual(model.versions);
    expect(versions.length - model.versions.length).toBeLessThanOrEqual(1);
    expect(versions).toEqual([...new Set(versions)].toSorted((left, right) => right - left));
    model.versions = versions;
    if (model.active) {
      expect(version).toBe(versions[0]);
      expect(hashes.active).toBe(hashes.newest);
      model.contents.set(version, model.active);
    }
    if (model.active && !model.isEdited) {
      expect(hashes.onDisk).toBe(hashes.active);
      engine.knownText = engine.text();
    }
    model.isEdited = engine.text() !== engine.knownText;
  }

  toString(): string {
    return `${this.name} ${this.what}`;
  }
}

const id = fc.constantFrom(...IDS);
const priority = fc.nat(3);
const idAndPriority = fc.record({ id, priority });

const creates = idAndPriority.map(
  ({ id: policyId, priority: level }) =>
    new Deed(
      "create",
      `${policyId} ${level}`,
      (model) =>
        model.write((set) =>
          set[policyId]
            ? "POLICY_ALREADY_EXISTS"
            : { ...set, [policyId]: { priority: level, enabled: true } },
        ),
      ({ workshop: { changes } }) => {
        const document = { id: policyId, type: "t", priority: level, rules: [] };
        return outcomeOf(changes.create({ document, validateOnly: false }, BY));
      },
    ),
);
const updates = idAndPriority.map(
  ({ id: policyId, priority: level }) =>
    new Deed(
      "update",
      `${policyId} ${level}`,
      (model) => model.write((set) => withPolicy(set, policyId, { priority: level })),
      ({ workshop: { changes } }) => {
        const revise = ({ document }: { document: object }) => ({ ...document, priority: level });
        return outcomeOf(changes.update({ policyId, etag: "", revise, validateOnly: false }, BY));
      },
    ),
);
const deletes = id.map(
  (policyId) =>
    new Deed(
      "delete",
      policyId,
      (model) => model.write((set) => without(set, policyId)),
      ({ workshop: { changes } }) => outcomeOf(changes.remove({ policyId, etag: "" }, BY)),
    ),
);
const enables = fc.record({ policyId: id, enabled: fc.boolean() }).map(
  ({ policyId, enabled }) =>
    new Deed(
      enabled ? "enable" : "disable",
      policyId,
      (model) => model.setEnabled(policyId, enabled),
      ({ workshop: { changes } }) =>
        outcomeOf(changes.setEnabled({ policyId, etag: "", enabled }, BY)),
    ),
);
const rollbacks = fc.nat().map((choice) => {
  const versionIn = ({ versions }: Model): number => versions[choice % versions.length] ?? 0;
  return new Deed(
    "rollback",
    `to one of the versions, ${choice}`,
    (model) => model.write(() => model.contents.get(versionIn(model)) ?? "unknown"),
    ({ workshop: { changes } }, model) =>
      outcomeOf(changes.rollback({ policyVersion: versionIn(model) }, BY)),
  );
});
const edits = fc.dictionary(id, priority).map(
  (policies) =>
    new Deed(
      "edit",
      JSON.stringify(policies),
      (model) => {
        model.onDisk = setOf(policies);
        model.isEdited = true;
        return "done";
      },
      (engine) => engine.edit(policies),
    ),
);
const breaks = fc.constant(
  new Deed(
    "break",
    "the file",
    (model) => {
      model.onDisk = "broken";
      model.isEdited = true;
      return "done";
    },
    (engine) => engine.write('{"policies": {"a": '),
  ),
);
const reformats = fc.constant(
  new Deed(
    "reformat",
    "the file",
    (model) => {
      model.isEdited = true;
      return "done";
    },
    (engine) => engine.write(engine.text().replaceAll(/\n */g, " ")),
  ),
);
const reloads = fc.boolean().map(
  (discardFileChanges) =>
    new Deed(
      discardFileChanges ? "discard" : "reload",
      "",
      (model) => (discardFileChanges ? model.discardEdits() : model.load()),
      ({ workshop: { activation } }) => outcomeOf(activation.reload({ discardFileChanges })),
    ),
);
const restarts = fc.constant(
  new Deed(
    "restart",
    "",
    (model) => model.restart(),
    (engine) => engine.restart(),
  ),
);

/** Writes more often than edits, so that some come one after the other. */
const deeds = fc.commands(
  [creates, creates, updates, updates, deletes, enables, enables, rollbacks, edits, breaks]
    .concat([reformats, reloads, reloads, restarts])
    .map((arbitrary) => arbitrary as fc.Arbitrary<fc.AsyncCommand<Model, Engine>>),
  { maxCommands: 25 },
);

describe("whatever people and the API do, one after the other", () => {
  it("ends as the model says, and file, history and the active set agree", async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (commands) => {
        const engine = new Engine();
        const model = new Model();
        try {
          engine.edit({ a: 1 });
          model.onDisk = setOf({ a: 1 });
          await new Deed(
            "start",
            "",
            (of) => of.load(),
            (of) => of.restart(),
          ).run(model, engine);
          await fc.asyncModelRun(() => ({ model, real: engine }), commands);
        } finally {
          rmSync(engine.folder, { recursive: true });
        }
      }),
      // Why a seed: with it every outcome below is met.
      { numRuns: 200, seed: 1 },
    );
    for (const ended of [
      ...["create done", "create POLICY_ALREADY_EXISTS", "create FILE_CHANGED_ON_DISK"],
      ...["update done", "update POLICY_NOT_FOUND", "update FILE_CHANGED_ON_DISK"],
      ...["delete done", "enable done", "disable done", "rollback done"],
      ...["reload done", "reload POLICY_INVALID", "discard done", "restart done"],
      ...["restart POLICY_INVALID", "create NO_ACTIVE_POLICY"],
    ]) {
      expect([...seen.keys()]).toContain(ended);
    }
  }, 120_000);
});
