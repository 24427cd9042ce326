import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEPCRUISE = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

interface CruiseResult {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  };
}

/** Cruises `src` under `root` with the rules of this project, violations or not. */
function cruise(root: string): Promise<CruiseResult> {
  const args = [DEPCRUISE, "--config", ".dependency-cruiser.mjs", "--output-type", "json", "src"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 28 }, (error, stdout) => {
      if (stdout === "") reject(error ?? new Error("dependency-cruiser printed nothing"));
      else resolve(JSON.parse(stdout) as CruiseResult);
    });
  });
}

describe("the layers of src", () => {
  let result: CruiseResult;
  beforeAll(async () => {
    result = await cruise(ROOT);
  }, 60_000);

  it("hold", () => {
    const broken = result.summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`,
    );
    expect(broken).toEqual([]);
  });

  it("were looked for in every file, for a tool that reads nothing finds nothing", () => {
    const onDisk = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `src/${path}`);
    const seen = result.modules
      .map(({ source }) => source)
      .filter((source) => source.startsWith("src/"));
    expect(seen.toSorted()).toEqual(onDisk.toSorted());
    expect(seen.length).toBeGreaterThan(40);
  });
});

describe("each layer rule", () => {
  /** file -> what it imports; together they break every rule. */
  const BAD_TREE: Readonly<Record<string, string>> = {
    "src/core/a.ts": "node:fs",
    "src/core/cycle-one.ts": "./cycle-two.js",
    "src/core/cycle-two.ts": "./cycle-one.js",
    "src/core/lost.ts": "./nowhere.js",
    "src/application/a.ts": "express",
    "src/adapters/one/a.ts": "../two/a.js",
    "src/adapters/two/a.ts": "../../../test/a.js",
    "src/adapters/two/b.ts": "../../config/a.js",
    "src/transport/shared.ts": "./rest/a.js",
    "src/transport/calls-an-adapter.ts": "../adapters/one/a.js",
    "src/transport/calls-core.ts": "../core/a.js",
    "src/transport/rest/a.ts": "../grpc/a.js",
    "src/transport/grpc/a.ts": "node:net",
    "src/config/a.ts": "../application/a.js",
    "src/application/b.ts": "../gen/a.js",
    "src/application/c.ts": "../main.js",
    "src/gen/a.ts": "node:buffer",
    "src/main.ts": "node:process",
    "test/a.ts": "node:assert",
    "node_modules/express/index.js": "node:http",
  };
  const root = mkdtempSync(join(tmpdir(), "layers-"));
  afterAll(() => rmSync(root, { recursive: true }));

  it("catches who breaks it", async () => {
    for (const file of [".dependency-cruiser.mjs", "tsconfig.json", "package.json"]) {
      cpSync(join(ROOT, file), join(root, file));
    }
    for (const [file, imported] of Object.entries(BAD_TREE)) {
      const source = `import * as it from ${JSON.stringify(imported)};\nexport const used = it;\n`;
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), source);
    }

    const { summary } = await cruise(root);
    const broken = new Set(summary.violations.map(({ rule }) => rule.name));
    const rules = summary.ruleSetUsed.forbidden.map(({ name }) => name);
    expect([...broken].toSorted()).toEqual(rules.toSorted());
  }, 60_000);
});
