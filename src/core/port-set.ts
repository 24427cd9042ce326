import type { Parsed } from "./parsed.js";
import { quoted } from "./quoted.js";
import { isList, type Value } from "./values.js";

/** Port numbers as sorted, disjoint, inclusive intervals within 0 to 65535. */
export type PortSet = readonly PortInterval[];

interface PortInterval {
  readonly first: number;
  readonly last: number;
}

const HIGHEST = 65_535;
const DECIMAL = "(?:0|[1-9][0-9]{0,4})";
const PORT_TEXT = new RegExp(`^${DECIMAL}$`);
const RANGE_TEXT = new RegExp(`^(${DECIMAL})\\s*-\\s*(${DECIMAL})$`);

/** The port that a request names: 1 to 65535 as number or decimal text; undefined otherwise. */
export function parsePort(value: Value): number | undefined {
  const port = typeof value === "string" && PORT_TEXT.test(value) ? Number(value) : value;
  return typeof port === "number" && isPort(port) ? port : undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= HIGHEST;
}

/**
 * Reads what a rule says about ports: a number, `"8080"`, `"1-1023"`, `"22-79,81-8079"`, or a list of
 * these. Ports are from 1; a range may start at 0. Blanks around the parts are accepted.
 */
export function parsePortSet(value: Value): Parsed<PortSet> {
  const intervals: PortInterval[] = [];
  for (const element of isList(value) ? value : [value]) {
    const parts = typeof element === "string" ? element.split(",") : [element];
    for (const part of parts) {
      const interval = parseInterval(typeof part === "string" ? part.trim() : part);
      if (!interval.ok) return interval;
      intervals.push(interval.value);
    }
  }
  if (intervals.length === 0) return { ok: false, problem: "an empty list has no port" };
  return { ok: true, value: disjoint(intervals) };
}

function parseInterval(part: Value): Parsed<PortInterval> {
  const port = parsePort(part);
  if (port !== undefined) return { ok: true, value: { first: port, last: port } };

  const range = typeof part === "string" ? RANGE_TEXT.exec(part) : null;
  if (range === null) {
    return {
      ok: false,
      problem: `${quoted(part)} is not a port from 1 to 65535, nor a range such as 1-1023`,
    };
  }
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (first > last) {
    return {
      ok: false,
      problem: `the port range ${quoted(part)} is reversed: write the lower end first`,
    };
  }
  if (!isPort(last)) {
    return { ok: false, problem: `the port range ${quoted(part)} must end from 1 to 65535` };
  }
  return { ok: true, value: { first, last } };
}

function disjoint(intervals: readonly PortInterval[]): PortSet {
  const merged: PortInterval[] = [];
  for (const next of intervals.toSorted((one, other) => one.first - other.first)) {
    const previous = merged.at(-1);
    if (previous === undefined || next.first > previous.last + 1) merged.push(next);
    else merged.splice(-1, 1, { ...previous, last: Math.max(previous.last, next.last) });
  }
  return merged;
}

export function portSetContains(set: PortSet, port: number): boolean {
  return set.some(({ first, last }) => first <= port && port <= last);
}

export function formatPortSet(set: PortSet): string {
  return set
    .map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
    .join(",");
}
