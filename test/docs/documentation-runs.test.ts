import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineProcess, startProcess } from "../support/engine-process.js";
import { reflectionClient } from "../support/reflection-client.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));

interface Block {
  readonly page: string;
  readonly language: string;
  readonly lines: readonly string[];
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = "", body = ""]) => ({
    page,
    language,
    lines: body.trimEnd().split("\n"),
  }));
}

const BLOCKS = PAGES.flatMap(blocksOf);

/** `$ command`, then what it prints; `...` stands for anything. */
const COMMANDS = BLOCKS.filter(({ language }) => language === "console").flatMap(
  ({ page, lines }) => {
    const commands: { page: string; command: string; output: string[] }[] = [];
    for (const line of lines) {
      if (line.startsWith("$ ")) commands.push({ page, command: line.slice(2), output: [] });
      else commands.at(-1)?.output.push(line);
    }
    return commands;
  },
);

const policies = mkdtempSync(join(tmpdir(), "documented-policies-"));
let engine: EngineProcess;
let ports: Awaited<ReturnType<EngineProcess["listening"]>>;
beforeAll(async () => {
  // A copy: some pages change policy.
  cpSync(join(ROOT, "policies"), policies, { recursive: true });
  const POLICY_FILE = join(policies, "policies.json");
  engine = startProcess({ STORAGE: "memory", POLICY_FILE });
  ports = await engine.listening();
});
afterAll(async () => {
  engine.child.kill("SIGTERM");
  await engine.exited;
  rmSync(policies, { recursive: true });
});

describe("commands in the documentation print what is shown", () => {
  it("there are some", () => {
    expect(COMMANDS.length).toBeGreaterThan(8);
  });

  it.each(COMMANDS)("$page: $command", async ({ command, output }) => {
    expect(await run(command)).toMatch(patternOf(output.join("\n")));
  });
});

describe("scripts in the documentation exist", () => {
  const scripts = (
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object }
  ).scripts;
  const used = BLOCKS.filter(({ language }) => language === "sh").flatMap(({ page, lines }) =>
    lines
      .map((line) => /^npm (?:run )?(\w+)/.exec(line)?.[1])
      .filter((name) => name !== undefined && name !== "ci" && name !== "install")
      .map((name) => ({ page, name })),
  );
  it.each(used)("$page: npm $name", ({ name }) => {
    expect(scripts).toHaveProperty(name ?? "");
  });
});

describe("the Python example", () => {
  const [python] = BLOCKS.filter(
    ({ page, language }) => page === "README.md" && language === "python",
  );
  const text = python?.lines.join("\n") ?? "";
  it("uses the service, the method and the fields that there are", async () => {
    const client = reflectionClient(`127.0.0.1:${ports.grpc}`);
    const service = await client.service("flopynet.policy.v1.PolicyDecisionService");
    client.close();
    const [, stub, method] = /rpc\.(\w+)Stub[^]*pdp\.(\w+)\(/.exec(text) ?? [];
    expect(stub).toBe(service.name);
    const found = service.methods.find(({ name }) => name === method);
    expect(text).toContain(`pb.${found?.input.name ?? "?"}(`);
    const fields = [...text.matchAll(/(\w+)="?[\w-]+"?[,)]/g)].map(([, name]) => name);
    const known = found?.input.fields.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(fields.filter((name) => name !== "timeout")));
    const read = [...text.matchAll(/answer\.(\w+)/g)].map(([, name]) => name);
    expect(found?.output.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(read));
  });
});

/** Output with `...` for anything, elsewhere exactly as written. */
function patternOf(output: string): RegExp {
  const parts = output.split("...").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}\\s*$`);
}

/** Runs one documented command against the running engine; grpcurl lines over reflection. */
async function run(command: string): Promise<string> {
  const placed = command
    .replaceAll("localhost:5000", `localhost:${ports.rest}`)
    .replaceAll("localhost:50051", `127.0.0.1:${ports.grpc}`)
    .replaceAll("localhost:9091", `localhost:${ports.metrics}`);
  if (placed.startsWith("grpcurl ")) return grpcurl(placed);
  return shell(
    /^npx flopynet-policy (check|policies|diff|events) /.test(placed) &&
      !placed.includes("--policies")
      ? `${placed} --address 127.0.0.1:${ports.grpc}`
      : placed,
  );
}

async function shell(command: string): Promise<string> {
  const cli = `"${process.execPath}" dist/cli.js`;
  const own = command.replace(/^npx flopynet-policy/, () => cli);
  const { stdout } = await promisify(execFile)("bash", ["-c", `${own} || true`], { cwd: ROOT });
  return stdout;
}

/** The two forms of grpcurl that the documentation uses. */
async function grpcurl(command: string): Promise<string> {
  const [, data, address = "", what = ""] =
    /^grpcurl -plaintext (?:-d '(.*)' )?(\S+) (\S+)$/.exec(command) ?? [];
  const client = reflectionClient(address);
  try {
    if (what === "list") return (await client.services()).join("\n");
    return (await client.call(what, [data ?? "{}"])).join("\n");
  } finally {
    client.close();
  }
}
