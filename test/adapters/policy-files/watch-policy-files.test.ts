import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConditionCompiler } from "../../../src/adapters/cel/compile-condition.js";
import { createPolicyFileSource } from "../../../src/adapters/policy-files/policy-file-source.js";
import type { PolicySource } from "../../../src/application/ports/policy-source.js";
import { waitFor } from "../../support/wait-for.js";

/** A change is promised to be seen within two seconds; the rest is for a busy machine. */
const SEEN_MS = 6000;

const versioned = (version: number): string => `{"version": ${version}, "policies": {}}`;
let folder: string;
let changes: number;
let stop: () => void;
let source: PolicySource;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-watch-"));
  changes = 0;
  stop = () => undefined;
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

/** Loads what is there, then watches as the engine does. */
async function watch(file: string): Promise<void> {
  source = createPolicyFileSource({ file, conditionCompiler: createConditionCompiler() });
  await source.load();
  stop = source.watch(() => {
    changes++;
  });
}

/** After `change`, the source says so, and then loads `version`. */
async function isSeen(version: number, change: () => void): Promise<void> {
  const before = changes;
  change();
  await waitFor(`version ${version} is seen`, () => changes > before, SEEN_MS);
  expect(await source.load()).toMatchObject({ ok: true, set: { fileVersion: version } });
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

describe("a change of the main file is seen", () => {
  let file: string;
  beforeEach(async () => {
    file = join(folder, "policies.json");
    writeFileSync(file, versioned(1));
    await watch(file);
  });

  it("written in place, twice", async () => {
    await isSeen(2, () => writeFileSync(file, versioned(2)));
    await isSeen(3, () => writeFileSync(file, versioned(3)));
  });

  it("replaced by a rename, twice", async () => {
    await isSeen(2, () => replace(file, versioned(2)));
    await isSeen(3, () => replace(file, versioned(3)));
  });

  it("with the size and the date it had before", async () => {
    const { atime, mtime } = statSync(file);
    await isSeen(2, () => {
      writeFileSync(file, versioned(2));
      utimesSync(file, atime, mtime);
    });
  });

  it("deleted and created again", async () => {
    const before = changes;
    rmSync(file);
    await waitFor("the deletion is seen", () => changes > before, SEEN_MS);
    expect((await source.load()).ok).toBe(false);
    await isSeen(2, () => writeFileSync(file, versioned(2)));
  });

  it("with its folder replaced by another, and after that", async () => {
    await isSeen(2, () => {
      renameSync(folder, `${folder}.old`);
      mkdirSync(folder);
      writeFileSync(file, versioned(2));
      rmSync(`${folder}.old`, { recursive: true });
    });
    await isSeen(3, () => writeFileSync(file, versioned(3)));
  });

  it("back to what it was before", async () => {
    await isSeen(2, () => writeFileSync(file, versioned(2)));
    await isSeen(1, () => writeFileSync(file, versioned(1)));
  });

  it("and so is that of the defaults beside it", async () => {
    const before = changes;
    writeFileSync(join(dirname(file), "default_policies.json"), versioned(1));
    await waitFor("the new defaults are seen", () => changes > before, SEEN_MS);
  });

  it("between the load and the watch", async () => {
    stop();
    await source.load();
    writeFileSync(file, versioned(2));
    stop = source.watch(() => {
      changes++;
    });
    await waitFor("the change is seen", () => changes > 0, SEEN_MS);
  });
});

describe("a mounted ConfigMap is followed", () => {
  /** As the kubelet does: a new folder, then the link `..data` replaced by a rename. */
  function publish(version: number): void {
    mkdirSync(join(folder, `..v${version}`));
    writeFileSync(join(folder, `..v${version}`, "policies.json"), versioned(version));
    symlinkSync(`..v${version}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    rmSync(join(folder, `..v${version - 1}`), { recursive: true, force: true });
  }

  it("through two swaps", async () => {
    publish(1);
    symlinkSync(join("..data", "policies.json"), join(folder, "policies.json"));
    await watch(join(folder, "policies.json"));
    await isSeen(2, () => publish(2));
    await isSeen(3, () => publish(3));
  });

  it("and so is a link to a file in another folder that is written in place", async () => {
    mkdirSync(join(folder, "elsewhere"));
    const target = join(folder, "elsewhere", "real.json");
    writeFileSync(target, versioned(1));
    symlinkSync(target, join(folder, "policies.json"));
    await watch(join(folder, "policies.json"));
    await isSeen(2, () => writeFileSync(target, versioned(2)));
  });
});

describe("nothing is said", () => {
  const file = (): string => join(folder, "policies.json");
  /** Longer than a look and its settling. */
  const QUIET_MS = 1300;

  beforeEach(async () => {
    writeFileSync(file(), versioned(1));
    await watch(file());
  });

  it.each<[when: string, act: () => unknown]>([
    ["when the same content is written again", () => writeFileSync(file(), versioned(1))],
    ["when the file is replaced by its own content", () => replace(file(), versioned(1))],
    ["when another file of the folder changes", () => writeFileSync(join(folder, "x"), "x")],
    [
      "when the change was loaded already",
      () => {
        writeFileSync(file(), versioned(2));
        return source.load();
      },
    ],
    [
      "after it was stopped",
      () => {
        stop();
        writeFileSync(file(), versioned(2));
      },
    ],
  ])("%s", async (_when, act) => {
    await act();
    await delay(QUIET_MS); // That nothing happens cannot be waited for otherwise.
    expect(changes).toBe(0);
  });
});

it("a folder that does not exist yet is waited for", async () => {
  const file = join(folder, "later", "policies.json");
  await watch(file);
  await isSeen(1, () => {
    mkdirSync(dirname(file));
    writeFileSync(file, versioned(1));
  });
});
