import { status } from "@grpc/grpc-js";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { GRPC_CODE, HTTP_STATUS } from "../../src/transport/error-mapping.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/errors.md", import.meta.url)), "utf8");
const rows = new Map(
  [...page.matchAll(/^\| ([A-Z_]+) \| (\w+), (\d+) \|/gm)].map(([, reason, code, http]) => [
    reason,
    `${code ?? ""} ${http ?? ""}`,
  ]),
);

describe("docs/errors.md", () => {
  it.each(Object.entries(GRPC_CODE))("has %s with its code and HTTP status", (reason, code) => {
    expect(rows.get(reason)).toBe(`${status[code]} ${HTTP_STATUS[code]}`);
  });

  it("has no other reason", () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(GRPC_CODE).sort());
  });
});
