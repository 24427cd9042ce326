import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.js";
import { roundMessages, startTrustEngine, type TrustEngine } from "../support/trust-service.js";

let engine: TrustEngine;
beforeAll(async () => {
  engine = await startTrustEngine();
  for (let round = 1; round <= 4; round += 1) {
    const updates = { bad: { alignment: -1 }, good: {}, c: {}, d: {} };
    const observations = roundMessages("run", round, updates);
    await engine.ask("ReportObservations", { observations, reporter: "fl-server" });
  }
});
afterAll(() => engine.stop());

const trust = (...argv: string[]) =>
  runCli(["trust", ...argv, "--address", `127.0.0.1:${engine.grpcPort}`]);

describe("flopynet-policy trust", () => {
  it("list: a line a client, the worst first where asked", async () => {
    const { exitCode, stdout } = await trust("list", "--order", "trust_score");
    expect(exitCode).toBe(0);
    const [first = "", ...others] = stdout.trimEnd().split("\n");
    expect(first).toMatch(/^bad +EXCLUDED +trust 0\.200 .*weight x 0 .*run round 4$/);
    expect(others.map((line) => line.split(" ")[0])).toEqual(["c", "d", "good"]);
  });

  it("list: only some states, as JSON", async () => {
    const { stdout } = await trust("list", "--state", "excluded", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ clientId: "bad", state: "EXCLUDED" }]);
  });

  it("show: score, state, rules and factors", async () => {
    const { exitCode, stdout } = await trust("show", "bad");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^bad: EXCLUDED, trust 0\.200 \(/);
    expect(stdout).toContain(
      "rules that hold: trust/0 (exclude_client), trust/1 (weight_reduction)",
    );
    expect(stdout).toMatch(/^ {2}update_quality +0\.\d{3}/m);
  });

  it("show: 1 for a client that nobody knows, with what everybody begins with", async () => {
    const { exitCode, stdout } = await trust("show", "nobody");
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining("nothing is known of it")]);
  });

  it("explain: what moved the score, and what would change the state", async () => {
    const { stdout } = await trust("explain", "bad");
    expect(stdout).toMatch(/update_quality .* -0\.\d{3}$/m);
    expect(stdout).toMatch(/^\d+ more good rounds until REDUCED$/m);
  });

  it("history: a line a round", async () => {
    const { stdout } = await trust("history", "bad", "--run", "run");
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(stdout).toMatch(/^run +round 3 +0\.231 .*EXCLUDED$/m);
  });

  it("recalculate: 0 where nothing differs", async () => {
    const { exitCode, stdout } = await trust("recalculate");
    expect([exitCode, stdout.trimEnd()]).toEqual([
      0,
      "4 clients from 24 observations: 0 differences",
    ]);
  });

  it("pardon: needs a reason, and tells the new state", async () => {
    expect((await trust("pardon", "bad")).exitCode).toBe(2);
    const { exitCode, stdout } = await trust("pardon", "bad", "--reason", "mended");
    expect([exitCode, stdout.trimEnd()]).toEqual([0, "bad: REDUCED, trust 0.200"]);
  });

  it("pardon: says where there was nothing to pardon", async () => {
    const { exitCode, stdout } = await trust("pardon", "good", "--reason", "a typo");
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^good: .*nothing to pardon\n$/)]);
  });

  // prettier-ignore
  it.each<[says: string, argv: string[], exitCode: number, stderr: RegExp]>([
    ["a state that is none",            ["list", "--state", "LUCKY"],              2, /must be of PROBATION/],
    ["a client that cannot be pardoned", ["pardon", "nobody", "--reason", "x"],    1, /`nobody` was never selected/],
    ["an order that is none",           ["list", "--order", "luck"],               1, /order_by must be one of/],
  ])("refuses %s", async (_says, argv, exitCode, stderr) => {
    const result = await trust(...argv);
    expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringMatching(stderr)]);
  });

  it("says so where no engine answers", async () => {
    const { exitCode, stderr } = await runCli(["trust", "list", "--address", "127.0.0.1:1"]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining("not reachable at 127.0.0.1:1"),
    ]);
  });
});

describe("flopynet-policy trust replay", () => {
  const TRACE = fileURLToPath(new URL("../fixtures/trust/traces/iid_flip20.csv", import.meta.url));

  it("tells who is excluded when, of a recorded federation", async () => {
    const { exitCode, stdout } = await runCli(["trust", "replay", TRACE, "--format", "json"]);
    const fates = JSON.parse(stdout) as {
      client: string;
      state: string;
      excluded_after: number[];
    }[];
    expect(exitCode).toBe(0);
    const excluded = fates.filter(({ excluded_after }) => excluded_after.length > 0);
    expect(excluded.map(({ client }) => Number(client)).sort((a, b) => a - b)).toEqual([
      0, 3, 8, 10, 19, 31, 36, 42, 43, 48,
    ]);
    expect(excluded.map(({ excluded_after: [first] }) => first).sort()).toEqual([
      5, 5, 5, 6, 6, 7, 7, 7, 7, 8,
    ]);
  });

  it("excludes nobody with the documented formula on independent factors", async () => {
    const { stdout } = await runCli(["trust", "replay", TRACE, "--model", "seed-literal-1"]);
    expect(stdout).toMatch(/^50 clients, 0 of them excluded at some time$/m);
  });

  const HEAD = "round,client,outcome,alignment_ratio,norm_ratio";
  // prettier-ignore
  it.each<[says: string, text: string, message: string]>([
    ["a column that is missing", "round,client\n1,a",                          "line 1: there is no column `outcome`"],
    ["an outcome nobody knows",  `${HEAD}\n1,a,DONE,1,1`,                       "line 2: `outcome` must be one of COMPLETED"],
    ["a ratio out of range",     `${HEAD}\n1,a,COMPLETED,1,1\n1,b,COMPLETED,2,1`, "line 3: `alignment_ratio` must be from -1 to 1.5, or empty"],
    ["a negative norm",          `${HEAD}\n1,a,COMPLETED,1,-1`,                 "line 2: `norm_ratio` must be at least 0, or empty"],
    ["rounds that go back",      `${HEAD}\n2,a,COMPLETED,1,1\n1,a,COMPLETED,1,1`, "line 3: round 1 goes back"],
    ["a client twice",           `${HEAD}\n1,a,COMPLETED,1,1\n1,a,COMPLETED,1,1`, "line 3: client `a` is in round 1 twice"],
    ["no row",                   HEAD,                                          "there is no row"],
  ])("refuses %s, with the line", async (_says, text, message) => {
    const file = join(engine.folder, "trace.csv");
    writeFileSync(file, text);
    const { exitCode, stderr } = await runCli(["trust", "replay", file]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  it("refuses a file that is not there", async () => {
    const { exitCode, stderr } = await runCli(["trust", "replay", "/nowhere.csv"]);
    expect([exitCode, stderr.trimEnd()]).toEqual([
      1,
      "flopynet-policy: /nowhere.csv cannot be read",
    ]);
  });
});

it("flopynet-policy trust simulate is there", async () => {
  const argv = ["trust", "simulate", "--runs", "1", "--rounds", "20", "--clients", "20"];
  const { exitCode, stdout } = await runCli(argv);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("attackers excluded")]);
});
