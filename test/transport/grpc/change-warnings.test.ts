import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGrpcClient, type GrpcClient, type Message } from "../../support/grpc-client.js";
import { SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine, type TestEngine } from "../../support/start-engine.js";
import { waitFor } from "../../support/wait-for.js";

let engine: TestEngine;
let client: GrpcClient;
beforeEach(async () => {
  engine = await startTestEngine({ policies: SMALL_POLICY_SET });
  client = createGrpcClient(engine.grpcPort);
});
afterEach(async () => {
  client.close();
  await engine.stop();
});

const create = (policy: Message): Promise<Message> =>
  client.unary("flopynet.policy.v1.PolicyAdminService/CreatePolicy", { policy });

describe("what is taken and probably not meant is told in the log", () => {
  const security = { type: "security" };
  const misspelt = {
    ...{ id: "trust", ...security },
    rules: [{ action: "exclude_client", condition: "client.trust_scor < 0.3" }],
  };
  const told = () => engine.logLines.filter((line) => line.startsWith("warn policy: "));

  // prettier-ignore
  it.each<[says: string, policy: Message, expected: string[]]>([
    ["what the linter finds",  misspelt, ["policies.trust.rules[0].condition: `client.trust_scor` is no name of"]],
    ["what loading warns of",  { ...security, id: "every", rules: [{ action: "deny" }] }, ["policies.every.rules[0]: neither `match` nor"]],
  ])("%s, of the policy that changed", async (_says, policy, expected) => {
    await create({ ...security, id: "odd", rules: [{ action: "allow" }] });
    await waitFor("the first is told", () => told().some((line) => line.includes("policies.odd.")));
    const before = told().length;
    await create(policy);
    await waitFor("the second is told", () => told().length > before);
    expect(told().slice(before)).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  });
});
