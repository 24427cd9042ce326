import { createServer } from "node:net";
import { connect } from "node:http2";
import { describe, expect, it } from "vitest";
import { createGrpcClient } from "../../support/grpc-client.js";
import { ALLOWED_CONNECTION, SMALL_POLICY_SET } from "../../support/small-policy-set.js";
import { startTestEngine } from "../../support/start-engine.js";

const CHECK = "flopynet.policy.v1.PolicyDecisionService/CheckConnection";

describe("the gRPC server", () => {
  it("cannot start on a port that is taken, and says which setting to change", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const settings = { GRPC_PORT: String(port) };
    await expect(startTestEngine({ policies: SMALL_POLICY_SET, settings })).rejects.toThrow(
      `GRPC_PORT: 127.0.0.1:${port} is in use`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  it("cannot start on an address that is not this machine's, and says so", async () => {
    const settings = { HOST: "192.0.2.1" };
    await expect(startTestEngine({ policies: SMALL_POLICY_SET, settings })).rejects.toThrow(
      /^HOST, GRPC_PORT: cannot listen on 192\.0\.2\.1:0/,
    );
  });

  it("listens on an IPv6 address", async () => {
    const engine = await startTestEngine({ policies: SMALL_POLICY_SET, settings: { HOST: "::1" } });
    const session = connect(`http://[::1]:${engine.grpcPort}`);
    await new Promise((resolve) => session.once("connect", resolve));
    session.destroy();
    await engine.stop();
  });

  it("drains at once although a client keeps its connection, and then takes no call", async () => {
    const engine = await startTestEngine({
      policies: SMALL_POLICY_SET,
      settings: { SHUTDOWN_GRACE_S: "60" },
    });
    const client = createGrpcClient(engine.grpcPort);
    expect(await client.unary(CHECK, ALLOWED_CONNECTION)).toMatchObject({ allowed: true });
    await engine.stop();
    await expect(client.unary(CHECK, ALLOWED_CONNECTION)).rejects.toThrow("UNAVAILABLE");
    client.close();
  });

  it("cuts what still runs when the time of grace is over", async () => {
    const engine = await startTestEngine({
      policies: SMALL_POLICY_SET,
      settings: { SHUTDOWN_GRACE_S: "0.2" },
    });
    const session = connect(`http://127.0.0.1:${engine.grpcPort}`);
    session.on("error", () => undefined);
    const half = session.request({
      ":method": "POST",
      ":path": `/${CHECK}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    half.on("error", () => undefined);
    half.write(Buffer.from([0, 0, 0, 0, 9])); // Nine bytes are announced, and never come.
    const closed = new Promise((resolve) => session.once("close", resolve));
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    await engine.stop();
    await closed;
    expect(session.destroyed).toBe(true);
  });
});
