import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const CLI = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const POLICIES = fileURLToPath(new URL("../fixtures/flopynet/policies.json", import.meta.url));

it("the program ends with the command's exit code, and answers on standard output", () => {
  const argv = ["--import", "tsx", CLI, "check", "--policies", POLICIES, "--protocol", "sctp"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 3, stderr: "" });
  expect(stdout).toContain("DENIED (default): ");
});
