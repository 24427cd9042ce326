import { afterEach, describe, expect, it } from "vitest";
import { startMetricsServer, type MetricsServer } from "../../../src/transport/metrics/server.js";

const open: MetricsServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function start(
  metricsText = () => Promise.resolve("up 1\n"),
  port = 0,
): Promise<{ readonly server: MetricsServer; readonly base: string }> {
  const contentType = "text/plain; version=0.0.4";
  const server = await startMetricsServer({ host: "127.0.0.1", port, metricsText, contentType });
  open.push(server);
  return { server, base: `http://127.0.0.1:${server.port}` };
}

describe("the metrics port", () => {
  it.each<[says: string, method: string, path: string, status: number, body: string | RegExp]>([
    ["serves the metrics", "GET", "/metrics", 200, "up 1\n"],
    ["does not mind a query", "GET", "/metrics?x=1", 200, "up 1\n"],
    ["answers HEAD without a body", "HEAD", "/metrics", 200, ""],
    [
      "refuses another method",
      "POST",
      "/metrics",
      405,
      /^\{"error":"method not allowed: use GET"\}$/,
    ],
    ["knows no other path", "GET", "/", 404, /^\{"error":"not found: only GET \/metrics/],
    ["is strict about the path", "GET", "/metrics/", 404, /^\{"error":"not found/],
  ])("%s", async (_says, method, path, status, body) => {
    const { base } = await start();
    const answer = await fetch(base + path, { method });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(body);
  });

  it("says which format it serves, as Prometheus asks", async () => {
    const { base } = await start();
    const answer = await fetch(`${base}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  });

  it("answers 500 without the cause when metrics cannot be collected", async () => {
    const { base } = await start(() => Promise.reject(new Error("secret path")));
    const answer = await fetch(`${base}/metrics`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ error: "metrics could not be collected" });
  });

  it("names the setting when the port is taken", async () => {
    const { server } = await start();
    await expect(start(undefined, server.port)).rejects.toThrow(/^METRICS_PORT: .* is in use/);
  });

  it("answers nothing after it was closed, and closes while a client is connected", async () => {
    const { server, base } = await start();
    await fetch(`${base}/metrics`).then((answer) => answer.text());
    await server.close();
    await expect(fetch(`${base}/metrics`)).rejects.toThrow();
  });
});
