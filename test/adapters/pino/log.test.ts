import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPinoLog, parseLogLevel, type PinoLog } from "../../../src/adapters/pino/log.js";

let folder: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-"));
  descriptor = openSync(join(folder, "stdout"), "a");
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

const linesOf = (name: string): Record<string, unknown>[] =>
  readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function sayAll(log: PinoLog): void {
  log.debug({}, "d");
  log.info({}, "i");
  log.warn({}, "w");
  log.error({}, "e");
}

describe("the operator's log", () => {
  it("is one JSON object per line: level, time in ISO 8601, facts, message", () => {
    createPinoLog({ level: "info", descriptor }).info({ port: 5000 }, "listening");
    expect(linesOf("stdout")).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        port: 5000,
        message: "listening",
      },
    ]);
  });

  it.each<[level: string, shown: string]>([
    ["debug", "diwe"],
    ["DEBUG", "diwe"],
    ["info", "iwe"],
    ["INFO", "iwe"],
    ["warn", "we"],
    ["WARNING", "we"],
    ["ERROR", "e"],
    ["CRITICAL", ""],
  ])("at level %s shows %s", (level, shown) => {
    sayAll(createPinoLog({ level, descriptor }));
    expect(
      linesOf("stdout")
        .map(({ message }) => message)
        .join(""),
    ).toBe(shown);
  });

  it("refuses a level that is none, naming the setting", () => {
    expect(parseLogLevel("loud")).toBe(undefined);
    expect(() => createPinoLog({ level: "loud", descriptor })).toThrow(
      /LOG_LEVEL must be .*`loud`/,
    );
  });

  it("replaces what is a secret", () => {
    const log = createPinoLog({ level: "info", descriptor });
    log.info({ token: "s3cret", headers: { authorization: "Bearer s3cret" } }, "a call");
    expect(readFileSync(join(folder, "stdout"), "utf8")).not.toContain("s3cret");
  });

  it("shows an error with its stack and its cause", () => {
    const error = new Error("outer", { cause: new Error("inner") });
    createPinoLog({ level: "info", descriptor }).error({ error }, "failed");
    expect(linesOf("stdout")[0]?.["error"]).toMatchObject({
      message: expect.stringContaining("inner") as string,
      stack: expect.stringContaining("log.test.ts") as string,
    });
  });

  it("is appended to LOG_FILE as well", () => {
    const logFile = join(folder, "engine.log");
    for (const message of ["first run", "second run"]) {
      const log = createPinoLog({ level: "info", logFile, descriptor });
      log.info({}, message);
      log.close();
    }
    expect(linesOf("engine.log").map(({ message }) => message)).toEqual([
      "first run",
      "second run",
    ]);
    expect(linesOf("stdout")).toHaveLength(2);
  });

  it("goes on to standard output after it was closed", () => {
    const log = createPinoLog({ level: "info", logFile: join(folder, "engine.log"), descriptor });
    log.close();
    log.close();
    log.info({}, "late");
    expect(linesOf("engine.log")).toEqual([]);
    expect(linesOf("stdout")).toHaveLength(1);
  });

  it("goes on where LOG_FILE is removed while it is in use: standard output has every line", () => {
    const logFile = join(folder, "engine.log");
    const log = createPinoLog({ level: "info", logFile, descriptor });
    log.info({}, "before");
    rmSync(logFile);
    log.info({}, "after");
    log.close();
    expect(linesOf("stdout").map(({ message }) => message)).toEqual(["before", "after"]);
  });

  it("warns of a LOG_FILE that cannot be opened, and goes on", () => {
    const logFile = join(folder, "missing", "engine.log");
    createPinoLog({ level: "info", logFile, descriptor }).info({}, "listening");
    expect(linesOf("stdout").map(({ level, message }) => [level, message])).toEqual([
      ["warn", "LOG_FILE cannot be written: logging to standard output only"],
      ["info", "listening"],
    ]);
  });

  it("warns of a LOG_FILE on a full disk, once, and goes on", () => {
    const log = createPinoLog({ level: "info", logFile: "/dev/full", descriptor });
    log.info({}, "one");
    log.info({}, "two");
    expect(linesOf("stdout").map(({ message }) => message)).toEqual([
      "LOG_FILE cannot be written: logging to standard output only",
      "one",
      "two",
    ]);
  });
});
