import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createGrpcClient, errorOf, type Message } from "../support/grpc-client.js";
import { startTestEngine } from "../support/start-engine.js";
import { waitFor } from "../support/wait-for.js";

const ADMIN = "flopynet.policy.v1.PolicyAdminService";
const SWAPS = 12;
/** What a writer may be told while others change the same file. */
const EXPECTED = ["FILE_CHANGED_ON_DISK", "POLICY_NOT_FOUND", "POLICY_ALREADY_EXISTS"];

const policy = (id: string, priority: number) => ({
  ...{ id, priority, type: "t", rules: [{ action: "deny", condition: "x > 1" }] },
});

/** `policies.json`, behind a link that is swapped as a whole. */
function aSwappedFolder() {
  const folder = mkdtempSync(join(tmpdir(), "policy-swaps-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, "policies.json");
  symlinkSync(join("current", "policies.json"), file);
  return {
    file,
    swap(number: number): void {
      mkdirSync(join(folder, `v${number}`));
      const { id, ...marker } = policy("marker", number);
      const text = JSON.stringify({ policies: { [id]: marker } });
      writeFileSync(join(folder, `v${number}`, "policies.json"), text);
      symlinkSync(`v${number}`, join(folder, "next"));
      renameSync(join(folder, "next"), join(folder, "current"));
    },
  };
}

it("swaps of a symbolic link and changes through the API lose nothing to each other", async () => {
  const links = aSwappedFolder();
  const { file } = links;
  links.swap(0);
  const engine = await startTestEngine({ settings: { POLICY_FILE: file } });
  onTestFinished(() => engine.stop());
  const client = createGrpcClient(engine.grpcPort);
  onTestFinished(() => {
    client.close();
  });
  const active = async (): Promise<Readonly<Record<string, number>>> => {
    const { policies } = (await client.unary(`${ADMIN}/ListPolicies`, {})) as {
      policies: { id: string; priority?: number }[];
    };
    return Object.fromEntries(policies.map(({ id, priority = 0 }) => [id, priority]));
  };

  const written: { id: string; priority: number; version: string }[] = [];
  const refused = new Set<string>();
  let isOver = false;
  async function write(id: string): Promise<void> {
    for (let priority = 1; !isOver; priority += 1) {
      const method = id in (await active()) ? "UpdatePolicy" : "CreatePolicy";
      const call = client.unary(`${ADMIN}/${method}`, { policy: policy(id, priority) });
      try {
        const version = String(((await call)["policy"] as Message)["policy_version"]);
        written.push({ id, priority, version });
      } catch {
        const { details } = await errorOf(call);
        refused.add(String(details["google.rpc.ErrorInfo"]?.["reason"]));
      }
    }
  }
  const writing = Promise.all([write("a"), write("b")]);
  for (let number = 1; number <= SWAPS; number += 1) {
    const before = written.length;
    links.swap(number);
    // An edit that is not loaded yet is never overwritten.
    await waitFor(`swap ${number} is active`, async () => (await active())["marker"] === number);
    await waitFor("the writers go on", () => written.length > before);
  }
  isOver = true;
  await writing;

  expect([...refused].filter((reason) => !EXPECTED.includes(reason))).toEqual([]);
  for (const { id, priority, version } of written) {
    const asked = { policy_id: id, policy_version: version };
    const { policy: then } = await client.unary(`${ADMIN}/GetPolicy`, asked);
    expect(then).toMatchObject({ id, priority });
  }
  const inFile = JSON.parse(readFileSync(file, "utf8")) as {
    policies: Record<string, { priority: number }>;
  };
  const priorities = Object.entries(inFile.policies).map(([id, one]) => [id, one.priority]);
  expect(await active()).toEqual(Object.fromEntries(priorities));
  const versions = written.map(({ version }) => Number(version));
  expect(new Set(versions).size).toBe(versions.length);
}, 60_000);
