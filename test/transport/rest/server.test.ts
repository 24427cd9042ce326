import { Agent, createServer, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
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
  const limits = { headersTimeoutMs: 200, requestTimeoutMs: 400, stalledTimeoutMs: 1_500 };
  const server = await startRestServer({ host: "127.0.0.1", ports, app: listener, log, limits });
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

/** What comes back on a connection that sends exactly this, until the server ends it. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject).on("close", () => {
      resolve(answer);
    });
  });
}

describe("a connection that holds the server up is answered and ended", () => {
  const head = "POST / HTTP/1.1\r\nHost: x\r\n";

  // prettier-ignore
  it.each<[says: string, text: string, status: string, error: string]>([
    ["headers that do not end",         head,                               "408 Request Timeout", "the request did not arrive in time"],
    ["nothing at all",                  "",                                 "408 Request Timeout", "the request did not arrive in time"],
    ["a body that does not end",        `${head}Content-Length: 9\r\n\r\n{`, "408 Request Timeout", "the request did not arrive in time"],
    ["headers above 16 KiB",            `${head}X: ${"x".repeat(20_000)}\r\n\r\n`, "431 Request Header Fields Too Large", "the URL and the headers may have 16384 bytes at most"],
    ["a URL above 16 KiB",              `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, "431 Request Header Fields Too Large", "the URL and the headers may have 16384 bytes at most"],
    ["text that is no HTTP",            "hello\r\n\r\n",                    "400 Bad Request", "this is no HTTP request"],
    ["an expectation nobody knows",     `${head}Connection: close\r\nExpect: tea\r\n\r\n`, "417 Expectation Failed", "the only expectation that is met here is `100-continue`"],
    ["two lengths (request smuggling)", `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{`, "400 Bad Request", "this is no HTTP request"],
    ["a length and chunks",             `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, "400 Bad Request", "this is no HTTP request"],
  ])("%s", async (_says, text, status, error) => {
    const { ports } = await started((request) => request.resume()); // Answers nothing itself.
    const answer = await exchange(ports[0] ?? 0, text);
    const [top = "", body = ""] = answer.split("\r\n\r\n");
    expect(top.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
    expect(top).toContain("Content-Type: application/json");
    expect(JSON.parse(body)).toEqual({ error });
  });

  it("an answer that nobody reads is cut", async () => {
    let cut = false;
    const { ports } = await started((_request, response) => {
      response.on("close", () => (cut = true)).end(Buffer.alloc(64 * 1024 * 1024));
    });
    const socket = connect(ports[0] ?? 0, "127.0.0.1");
    cleanUp.push(() => socket.destroy());
    socket.pause().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the cut", () => cut);
  });

  it("others are served meanwhile", async () => {
    const { ports } = await started((_request, response) => response.end("here"));
    const slow = Array.from({ length: 200 }, () => exchange(ports[0] ?? 0, head));
    expect(await (await fetch(`http://127.0.0.1:${ports[0] ?? 0}`)).text()).toBe("here");
    expect(new Set((await Promise.all(slow)).map((answer) => answer.split(" ")[1]))).toEqual(
      new Set(["408"]),
    );
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
