import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../../src/adapters/policy-files/policy-file-source.js";
import { createPolicyFileWriter } from "../../../src/adapters/policy-files/write-policy-file.js";
import type { PolicyEdit } from "../../../src/application/ports/policy-writer.js";
import { seenDiskOperations } from "../../support/disk-operations.js";
import { outcomeOf } from "../../support/policy-workshop.js";

const TEXT = `{
  "note": "by hand",
  "version": 2,
  "policies": {
    "b": { "type": "t", "priority": 1, "updated_at": "monday", "rules": [{"action": "deny", "match": {"x": 1}}] },
    "a": {"type": "t", "rules": []}
  }
}
`;
const NEW = { id: "n", type: "t", rules: [] };
const PUT: PolicyEdit = { kind: "put", document: NEW };

let folder: string;
let file: string;
const mounted: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-writer-"));
  file = join(folder, "policies.json");
  writeFileSync(file, TEXT);
});
afterEach(() => {
  for (const place of mounted.splice(0)) execFileSync("umount", [place]);
  rmSync(folder, { recursive: true });
});

function mount(args: readonly string[], place: string): void {
  execFileSync("mount", [...args, place]);
  mounted.push(place);
}

async function opened(path = file) {
  const source = createPolicyFileSource({
    file: path,
    conditionCompiler: createConditionCompiler(),
  });
  await source.load();
  return { source, writer: createPolicyFileWriter({ file: path, source }) };
}

/** Loads, changes, writes as version 7. */
async function write(edit: PolicyEdit, path = file): Promise<void> {
  const { writer } = await opened(path);
  const plan = await writer.plan(edit);
  expect(plan.load.ok).toBe(true);
  await plan.write(7);
}

const lines = (): string[] => readFileSync(file, "utf8").split("\n");

describe("the text after a change", () => {
  it("differs only in what was changed", async () => {
    const document = {
      ...{ id: "b", type: "t", priority: 5, updated_at: "monday" },
      rules: [{ action: "deny", match: { x: 1 } }],
    };
    await write({ kind: "put", document });
    expect(readFileSync(file, "utf8")).toBe(
      TEXT.replace('"priority": 1', '"priority": 5').replace('"version": 2', '"version": 7'),
    );
  });

  it("has a new policy at the end, with two spaces for each level", async () => {
    await write(PUT);
    expect(lines().slice(4)).toEqual([
      ...TEXT.split("\n").slice(4, 5),
      '    "a": {"type": "t", "rules": []},',
      '    "n": {',
      '      "type": "t",',
      '      "rules": []',
      "    }",
      "  }",
      "}",
      "",
    ]);
  });

  it("has no deleted policy any more", async () => {
    await write({ kind: "delete", policyId: "a" });
    const { policies } = JSON.parse(readFileSync(file, "utf8")) as { policies: object };
    expect(Object.keys(policies)).toEqual(["b"]);
  });

  // prettier-ignore
  it.each<[says: string, edit: PolicyEdit, deleted: string[] | undefined]>([
    ["deleting a default is remembered",           { kind: "delete", policyId: "d" },          ["d"]],
    ["deleting its copy is remembered too",        { kind: "delete", policyId: "e" },          ["e"]],
    ["deleting another policy is not",             { kind: "delete", policyId: "a" },          undefined],
    ["a set without a default deletes it",         { kind: "replace", documents: [NEW, { ...NEW, id: "e" }] }, ["d"]],
  ])("%s", async (_says, edit, deleted) => {
    writeFileSync(file, TEXT.replace('"a":', '"e": {"type": "t", "rules": []},\n    "a":'));
    const defaults = { policies: [{ ...NEW, id: "d" }, { ...NEW, id: "e" }] };
    writeFileSync(join(folder, "default_policies.json"), JSON.stringify(defaults));
    await write(edit);
    expect((JSON.parse(readFileSync(file, "utf8")) as { deleted?: string[] }).deleted).toEqual(deleted);
  });

  it("putting a whole set back changes only what differs, and copies no default", async () => {
    const defaults = {
      policies: [
        { ...NEW, id: "d" },
        { ...NEW, id: "e" },
      ],
    };
    writeFileSync(join(folder, "default_policies.json"), JSON.stringify(defaults));
    const b = { id: "b", type: "t", priority: 5, updated_at: "monday" };
    const documents = [
      { ...b, rules: [{ action: "deny", match: { x: 1 } }] },
      { ...NEW, id: "d" },
      { ...NEW, id: "e", priority: 3 },
    ];
    await write({ kind: "replace", documents });
    const kept = TEXT.replace('"priority": 1', '"priority": 5').replace(
      '"version": 2',
      '"version": 7',
    );
    const other = [
      '"e": {',
      '      "type": "t",',
      '      "rules": [],',
      '      "priority": 3',
      "    }",
    ];
    expect(readFileSync(file, "utf8")).toBe(
      kept.replace('"a": {"type": "t", "rules": []}', other.join("\n")),
    );
  });

  it("creating a deleted default takes it out of `deleted`", async () => {
    writeFileSync(join(folder, "default_policies.json"), JSON.stringify({ policies: [NEW] }));
    await write({ kind: "delete", policyId: "n" });
    await write(PUT);
    const document = JSON.parse(readFileSync(file, "utf8")) as object;
    expect(document).toMatchObject({ policies: { n: { type: "t" } } });
    expect(document).not.toHaveProperty("deleted");
  });

  it("is the object form, also where the file was a list", async () => {
    writeFileSync(file, JSON.stringify({ policies: [NEW, { ...NEW, id: "m" }], note: 1 }));
    await write({ kind: "put", document: { ...NEW, priority: 3 } });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      ...{ version: 7, note: 1 },
      policies: { n: { type: "t", priority: 3, rules: [] }, m: { type: "t", rules: [] } },
    });
  });

  it("keeps keys such as __proto__ for what they are", async () => {
    const match = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
    await write({ kind: "put", document: { ...NEW, rules: [{ action: "deny", match }] } });
    expect(readFileSync(file, "utf8")).toContain('"__proto__": 1');
  });
});

describe("the file", () => {
  it("keeps its mode, and nothing else is left beside it", async () => {
    chmodSync(file, 0o640);
    await write(PUT);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["policies.json"]);
  });

  it("is on the disk before it gets its name, and its folder after", async () => {
    const operations = await seenDiskOperations();
    await write(PUT);
    expect(operations).toEqual([
      "sync .policies.json.new",
      "rename .policies.json.new policies.json",
      `sync ${basename(folder)}`,
    ]);
  });

  it("behind a symlink is replaced where it is, and the link stays", async () => {
    const link = join(folder, "link.json");
    symlinkSync("policies.json", link);
    await write(PUT, link);
    expect(readFileSync(file, "utf8")).toContain('"n"');
    expect(readdirSync(folder).toSorted()).toEqual(["link.json", "policies.json"]);
  });

  it("is not overwritten with an edit that is not loaded", async () => {
    const { writer } = await opened();
    writeFileSync(file, TEXT.replace("monday", "tuesday"));
    expect(await outcomeOf(writer.plan(PUT))).toBe("FILE_CHANGED_ON_DISK");
  });

  it("is not overwritten with an edit that came while the change was made", async () => {
    const { writer } = await opened();
    const plan = await writer.plan(PUT);
    writeFileSync(file, TEXT.replace("monday", "tuesday"));
    expect(await outcomeOf(plan.write(7))).toBe("FILE_CHANGED_ON_DISK");
    expect(readFileSync(file, "utf8")).toContain("tuesday");
    expect(readdirSync(folder)).toEqual(["policies.json"]);
  });

  it("is not written before `write`", async () => {
    const { writer } = await opened();
    await writer.plan(PUT);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });

  it("is what it was after `restore`, byte by byte", async () => {
    const { writer } = await opened();
    writeFileSync(file, "broken");
    await writer.restore(undefined);
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });

  it("is made of the documents where nothing was ever loaded", async () => {
    writeFileSync(file, "broken");
    const { writer, source } = await opened();
    await writer.restore([NEW]);
    const load = await source.load();
    expect(load.ok && load.set.policies.map(({ policy }) => policy.id)).toEqual(["n"]);
  });
});

describe("a file that cannot be replaced says so, and stays", () => {
  it("on a read-only file system", async () => {
    mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], folder);
    writeFileSync(file, TEXT);
    const { writer } = await opened();
    mount(["-o", "remount,ro"], folder);
    mounted.pop();
    expect(await outcomeOf(writer.plan(PUT))).toBe("POLICY_FILE_READ_ONLY");
  });

  it("on a file system that becomes read-only meanwhile", async () => {
    mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], folder);
    writeFileSync(file, TEXT);
    const { writer } = await opened();
    const plan = await writer.plan(PUT);
    mount(["-o", "remount,ro"], folder);
    mounted.pop();
    expect(await outcomeOf(plan.write(7))).toBe("POLICY_FILE_READ_ONLY");
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });

  it("mounted by itself", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, TEXT);
    mount(["--bind", other], file);
    const { writer } = await opened();
    const plan = await writer.plan(PUT);
    expect(await outcomeOf(plan.write(7))).toBe("POLICY_FILE_READ_ONLY");
    expect(readdirSync(folder).toSorted()).toEqual(["other.json", "policies.json"]);
  });

  it("in a ConfigMap", async () => {
    rmSync(file);
    mkdirSync(join(folder, "..2026_01"));
    writeFileSync(join(folder, "..2026_01", "policies.json"), TEXT);
    symlinkSync("..2026_01", join(folder, "..data"));
    symlinkSync("..data/policies.json", file);
    const { writer } = await opened();
    expect(await outcomeOf(writer.plan(PUT))).toBe("POLICY_FILE_READ_ONLY");
  });

  it("on a full disk it is a fault that may pass", async () => {
    mount(["-t", "tmpfs", "-o", "size=16k", "tmpfs"], folder);
    writeFileSync(file, TEXT);
    const { writer } = await opened();
    const big = { ...NEW, description: "x".repeat(32_000) };
    const plan = await writer.plan({ kind: "put", document: big });
    expect(await outcomeOf(plan.write(7))).toBe("STORAGE_UNAVAILABLE");
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });
});
