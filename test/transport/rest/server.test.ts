import { Agent, createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type RestServer, startRestServer } from "../../../src/transport/rest/server.js";
import { createKeptLog } from "../../support/kept-log.js";
import { waitFor } from "../../support/wait-for.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
});

async function started(
  app: Parameters<typeof createServer>[1],
  ports: readonly number[] = [0],
): Promise<RestServer> {
  const listener = app ?? ((_request, response) => response.end());
  const log = createKeptLog();
  const server = await startRestServer({ host: "127.0.0.1", ports, app: listener, log });
  cleanUp.push(() => server.drain(0));
  return server;
}

async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => other.close());
  return (other.address() as AddressInfo).port;
}

describe("the REST server", () => {
  it("serves one app on POLICY_PORT and every further port", async () => {
    const { ports } = await started((_request, response) => response.end("here"), [0, 0]);
    expect(new Set(ports).size).toBe(2);
    for (const port of ports) {
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("here");
    }
  });

  it("names the setting of a port that is taken", async () => {
    const port = await takenPort();
    await expect(started(undefined, [port])).rejects.toThrow(
      `POLICY_PORT: 127.0.0.1:${port} is in use`,
    );
    await expect(started(undefined, [0, port])).rejects.toThrow(/^REST_EXTRA_PORTS: /);
  });

  it("listens on no port when one is taken", async () => {
    const free = await takenPort();
    await Promise.all(cleanUp.splice(0).map((clean) => clean()));
    const taken = await takenPort();
    await expect(started(undefined, [free, taken])).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${free}`)).rejects.toThrow();
  });
});

describe("drain", () => {
  it("answers what runs, accepts nothing new, and is done when that is answered", async () => {
    let release: (() => void) | undefined;
    const { ports, ...server } = await started((_request, response) => {
      release = () => response.end("late");
    });
    const running = fetch(`http://127.0.0.1:${ports[0] ?? 0}`).then((response) => response.text());
    const answer = await waitFor("the request", () => release);
    let done = false;
    const drained = server.drain(10).then(() => (done = true));
    await waitFor("no more accepting", () =>
      fetch(`http://127.0.0.1:${ports[0] ?? 0}`).then(
        () => false,
        () => true,
      ),
    );
    expect(done).toBe(false);
    answer();
    expect(await running).toBe("late");
    await drained;
  });

  it("does not wait for idle connections", async () => {
    const { ports, ...server } = await started((_request, response) => response.end("x"));
    const agent = new Agent({ keepAlive: true });
    cleanUp.push(() => {
      agent.destroy();
    });
    await new Promise<void>((resolve) => {
      get({ port: ports[0], host: "127.0.0.1", agent }, (response: IncomingMessage) => {
        response.resume().on("end", resolve);
      });
    });
    await server.drain(60);
  });

  it("cuts what is still open after the grace period", async () => {
    const { ports, ...server } = await started((_request, response) =>
      response.write("never ends"),
    );
    const response = await fetch(`http://127.0.0.1:${ports[0] ?? 0}`);
    const body = response.text().catch(() => "cut");
    await server.drain(0.1);
    expect(await body).toBe("cut");
  });
});
