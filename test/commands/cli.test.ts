import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const POLICIES = fileURLToPath(new URL("../fixtures/flopynet/policies.json", import.meta.url));

it("the program ends with the command's exit code, and answers on standard output", () => {
  const argv = ["--import", "tsx", CLI, "check", "--policies", POLICIES, "--protocol", "sctp"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 3, stderr: "" });
  expect(stdout).toContain("DENIED (default): ");
});

it("whoever stops reading ends it quietly, as SIGPIPE would", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", CLI, "config"], { stdio: "pipe" });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, "close")) as [number | null];
  expect({ exitCode, stderr }).toEqual({ exitCode: 141, stderr: "" });
});

it.each(["--help", "-h"])("the engine itself prints its flags with %s", (flag) => {
  const argv = ["--import", "tsx", MAIN, flag];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("--grpc-port <value>");
});
