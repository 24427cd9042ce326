import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DECLARED_ROUTES } from "../../src/transport/rest/declared-route-list.js";
import { COMPAT } from "../../src/transport/rest/rest-use-cases.js";

const PAGE = readFileSync(new URL("../../docs/rest-compatibility.md", import.meta.url), "utf8");
const ROWS = PAGE.split("\n").filter((line) => line.startsWith("| "));
/** Every `GET /path` of a row, without its query. */
const routesOf = (row: string): string[] =>
  [...row.matchAll(/`((?:GET|POST|PUT|DELETE) [^`?]+)[^`]*`/g)].map(([, route]) => route ?? "");
const OWN_ROWS = ROWS.filter((row) => !/`(?:GET|POST) \/v1\//.test(row));

describe("the page on REST", () => {
  it.each(DECLARED_ROUTES.map((route) => [`${route.method} ${route.path}`, route.origin]))(
    "names %s, and where it comes from",
    (route, origin) => {
      const rows = OWN_ROWS.filter((row) => routesOf(row).includes(route));
      expect(rows.length).toBeGreaterThan(0);
      const told = rows.some((row) => origin === "documented" || row.includes(origin));
      expect(told).toBe(true);
    },
  );

  it("names no route that is not served", () => {
    const served = new Set(DECLARED_ROUTES.map(({ method, path }) => `${method} ${path}`));
    const named = OWN_ROWS.flatMap(routesOf).filter((route) => !served.has(route));
    expect(named).toEqual([]);
  });

  it("has the table of REST_COMPAT as it is in the code", () => {
    const cells = (row: string): string[] => row.split("|").map((cell) => cell.trim());
    const rowOf = (start: string): string[] =>
      cells(ROWS.find((row) => row.startsWith(`| ${start}`)) ?? "");
    const { documented, "flopynet-1.0": compatible } = COMPAT;
    expect(rowOf("`status` of `/health` while the engine decides").slice(2, 4)).toEqual([
      `\`${documented.healthy}\`, or \`${documented.degraded}\``,
      `\`${compatible.healthy}\``,
    ]);
    expect(compatible.degraded).toBe(compatible.healthy);
    const words = { true: "yes", false: "no" } as const;
    expect(rowOf("`Access-Control-Allow-Origin: *` on GET").slice(2, 4)).toEqual([
      words[`${documented.anyOriginMayGet}`],
      words[`${compatible.anyOriginMayGet}`],
    ]);
  });
});
