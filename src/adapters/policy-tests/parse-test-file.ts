import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import type { ConnectionCheck, PolicyCheck } from "../../application/check.js";
import type { PolicyTestCase } from "../../application/test-policies.js";
import type { Value, ValueMap } from "../../core/values.js";
import { casesOfMatrix } from "./expand-matrix.js";
import { testFile, type Then, type When } from "./test-file-schema.js";

/** What is wrong with a file of tests, for a person: `file:line:column: path: message`. */
export type ParsedTestFile =
  | { readonly ok: true; readonly cases: readonly PolicyTestCase[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Monday noon, so that a case that says no time answers the same on every day. */
const DEFAULT_TIME = "2024-01-01T12:00:00Z";

/** Reads one file of tests; every problem has its place. Total. */
export function parseTestFile(file: string, text: string): ParsedTestFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placed = (offset: number, message: string): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`;
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    return { ok: false, problems: broken.map(({ pos, message }) => placed(pos[0], message)) };
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases that stand for more than anybody wrote.
    return {
      ok: false,
      problems: [placed(0, error instanceof Error ? error.message : "unreadable")],
    };
  }
  const parsed = testFile.safeParse(content ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      placed(offsetOf(document, issue), problemText(issue)),
    );
    return { ok: false, problems };
  }
  const { cases, matrices, at = DEFAULT_TIME } = parsed.data;
  const lineOf = (path: readonly PropertyKey[]): number =>
    lines.linePos(offsetAt(document, path)).line;
  return {
    ok: true,
    cases: [
      ...cases.map((testCase, index): PolicyTestCase => ({
        name: testCase.name,
        file,
        line: lineOf(["cases", index]),
        atMs: Date.parse(testCase.at ?? at),
        check: checkOf(testCase.when),
        expected: expectedOf(testCase.then),
      })),
      ...matrices.flatMap((matrix, index) =>
        casesOfMatrix(matrix).map(({ name, when, allowed, path }): PolicyTestCase => ({
          name,
          file,
          line: lineOf(["matrices", index, ...path]),
          atMs: Date.parse(matrix.at ?? at),
          check: checkOf(when),
          expected: { allowed },
        })),
      ),
    ],
  };
}

function problemText({ path, message }: z.core.$ZodIssue): string {
  const where = path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  return where === "" ? message : `${where}: ${message}`;
}

function offsetOf(document: Document.Parsed, issue: z.core.$ZodIssue): number {
  if (issue.code !== "unrecognized_keys") return offsetAt(document, issue.path);
  const parent = document.getIn(issue.path, true);
  const pairs = isMap(parent) ? parent.items : [];
  const pair = pairs.find(({ key }) => isScalar(key) && String(key.value) === issue.keys[0]);
  return (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? offsetAt(document, issue.path);
}

/** Where the nearest thing that is there begins: a missing key has the place of its map. */
function offsetAt(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range = node !== null && typeof node === "object" && "range" in node ? node.range : null;
    if (Array.isArray(range)) return Number(range[0]);
  }
  return document.contents?.range[0] ?? 0;
}

function checkOf({
  connection,
  policy_type: policyType,
  context,
}: When): ConnectionCheck | PolicyCheck {
  const common = { requestId: "", explain: true };
  if (!connection) {
    return { ...common, policyType: policyType ?? "", context: mapOf(context) };
  }
  return {
    ...common,
    clientId: connection.client_id ?? "",
    srcType: connection.src_type ?? "",
    dstType: connection.dst_type ?? "",
    srcIp: connection.src_ip ?? "",
    dstIp: connection.dst_ip ?? "",
    ...(connection.src_port !== undefined && { srcPort: connection.src_port }),
    ...(connection.dst_port !== undefined && { dstPort: connection.dst_port }),
    protocol: connection.protocol ?? "",
    context: mapOf(connection.context),
  };
}

function mapOf(map: Record<string, Value> | undefined): ValueMap {
  return map ?? {};
}

function expectedOf({ allowed, deny_kind: denyKind, ...then }: Then): PolicyTestCase["expected"] {
  const given = Object.entries({ allowed, denyKind, ...then }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}
