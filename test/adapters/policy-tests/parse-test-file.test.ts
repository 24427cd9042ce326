import { describe, expect, it } from "vitest";
import { parseTestFile } from "../../../src/adapters/policy-tests/parse-test-file.js";

function casesOf(text: string) {
  const parsed = parseTestFile("t.yaml", text);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.cases;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseTestFile("t.yaml", text);
  return parsed.ok ? [] : parsed.problems;
}

const CASE = "cases:\n  - name: n\n    when: { policy_type: t }\n    then: { allowed: true }\n";

describe("a file of policy tests", () => {
  it("gives each case its question, what is expected, and its place", () => {
    const [first, second] = casesOf(`at: 2026-01-05T02:30:00Z
cases:
  - name: a connection
    when: { connection: { src_type: fl-client, dst_port: 80, context: { zone: lab } } }
    then: { allowed: false, deny_kind: DEFAULT, by: [], reason: default }
  - name: a situation
    at: 2026-01-05T03:00:00+01:00
    when: { policy_type: fl_security, context: { operation: x } }
    then: { allowed: true }
`);
    expect(first).toMatchObject({
      name: "a connection",
      file: "t.yaml",
      line: 3,
      atMs: Date.UTC(2026, 0, 5, 2, 30),
      check: { srcType: "fl-client", dstPort: 80, dstType: "", context: { zone: "lab" } },
      expected: { allowed: false, denyKind: "DEFAULT", by: [], reason: ["default"] },
    });
    expect(second).toMatchObject({
      line: 6,
      atMs: Date.UTC(2026, 0, 5, 2),
      check: { policyType: "fl_security", context: { operation: "x" } },
      expected: { allowed: true },
    });
  });

  it("gives a matrix one case for each cell, with the row's and the column's attribute", () => {
    const cases = casesOf(`matrices:
  - name: m
    when: { connection: { protocol: tcp } }
    columns: { dst_port: [80, 22] }
    rows:
      src_type:
        fl-client: [allow, deny]
        collector: [deny, deny]
`);
    const told = cases.map(({ name, line, check, expected }) => ({
      ...{ name, line },
      asked: "srcType" in check && [check.srcType, check.dstPort, check.protocol],
      allowed: expected.allowed,
    }));
    expect(told).toEqual([
      {
        name: "m: src_type fl-client, dst_port 80",
        line: 7,
        asked: ["fl-client", 80, "tcp"],
        allowed: true,
      },
      {
        name: "m: src_type fl-client, dst_port 22",
        line: 7,
        asked: ["fl-client", 22, "tcp"],
        allowed: false,
      },
      {
        name: "m: src_type collector, dst_port 80",
        line: 8,
        asked: ["collector", 80, "tcp"],
        allowed: false,
      },
      {
        name: "m: src_type collector, dst_port 22",
        line: 8,
        asked: ["collector", 22, "tcp"],
        allowed: false,
      },
    ]);
  });

  it("puts what is no field of a connection into its context, and a row's port as a number", () => {
    const [first] = casesOf(`matrices:
  - name: m
    when: { connection: { context: { zone: lab } } }
    columns: { operation: [train] }
    rows: { dst_port: { 80: [allow] } }
`);
    expect(first?.check).toMatchObject({
      dstPort: 80,
      context: { zone: "lab", operation: "train" },
    });
  });

  // prettier-ignore
  it.each<[says: string, text: string, problem: string]>([
    ["text that is not YAML",          "cases: [",                                        "t.yaml:1:9: "],
    ["a key written twice",            `${CASE}cases: []\n`,                              "t.yaml:5:1: Map keys must be unique"],
    ["an empty file",                  "",                                                "t.yaml:1:1: has no case: write `cases` or `matrices`"],
    ["a list instead of a map",        "- 1",                                             "t.yaml:1:1: Invalid input: expected object"],
    ["a misspelt key",                 CASE.replace("name", "nmae"),                      "t.yaml:2:5: cases[0]: unknown key `nmae` (write `name`)"],
    ["a key that nobody knows",        CASE.replace("t }", "t, frobnicate: 1 }"),         "t.yaml:3:29: cases[0].when: unknown key `frobnicate` (known are connection, policy_type, context)"],
    ["both kinds of question",         CASE.replace("t }", "t, connection: {} }"),        "t.yaml:3:11: cases[0].when: give either `connection`, or `policy_type` with its `context`"],
    ["no question",                    CASE.replace("policy_type: t", ""),                "t.yaml:3:11: cases[0].when: give either `connection`"],
    ["a context beside a connection",  CASE.replace("policy_type: t", "connection: {}, context: {}"), "the `context` of a connection belongs inside `connection`"],
    ["nothing expected",               CASE.replace("allowed: true", ""),                 "t.yaml:4:11: cases[0].then: must say `allowed`, or which fields are `refused`"],
    ["an answer to a refused request", CASE.replace("true }", "true, refused: [a] }"),    "cases[0].then: `refused` stands alone"],
    ["a kind of deny that is none",    CASE.replace("true }", "false, deny_kind: NO }"),  "t.yaml:4:40: cases[0].then.deny_kind: Invalid option: expected one of \"EXPLICIT\""],
    ["a rule without its policy",      CASE.replace("true }", "true, by: [web] }"),       "t.yaml:4:33: cases[0].then.by[0]: must be `policy/rule`, such as `net/allow-web`"],
    ["a time that is none",            CASE.replace("cases:", "at: noon\ncases:"),        "t.yaml:1:5: at: must be a time such as 2026-01-05T02:30:00Z"],
    ["a cell that is neither",         "matrices:\n- name: m\n  when: { policy_type: t }\n  columns: { a: [1] }\n  rows: { b: { x: [maybe] } }", "t.yaml:5:20: matrices[0].rows.b.x[0]: must be allow or deny"],
    ["a row of another width",         "matrices:\n- name: m\n  when: { policy_type: t }\n  columns: { a: [1, 2] }\n  rows: { b: { x: [allow] } }", "t.yaml:5:19: matrices[0].rows.b.x: must have 2 cells, one for each column, got 1"],
    ["a column that is nearly a field",  "matrices:\n- name: m\n  when: { connection: {} }\n  columns: { dst_prt: [1] }\n  rows: { src_type: { x: [allow] } }", "t.yaml:4:12: matrices[0].columns: `dst_prt` is no field of a connection: write `dst_port`"],
    ["rows that are nearly a field",     "matrices:\n- name: m\n  when: { connection: {} }\n  columns: { zone: [1] }\n  rows: { scr_type: { x: [allow] } }", "t.yaml:5:9: matrices[0].rows: `scr_type` is no field of a connection: write `src_type`"],
    ["two attributes for columns",     "matrices:\n- name: m\n  when: { policy_type: t }\n  columns: { a: [1], c: [1] }\n  rows: { b: { x: [allow] } }", "t.yaml:4:12: matrices[0].columns: must have exactly one key, the attribute"],
    ["aliases that explode",           `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`, "t.yaml:1:1: Excessive alias count"],
  ])("refuses %s, with the place", (_says, text, problem) => {
    expect(problemsOf(text).join("\n")).toContain(problem);
  });

  it("lists every problem of a file", () => {
    expect(problemsOf(CASE.replace("name: n", "nam: n").replace("true", "1"))).toHaveLength(3);
  });
});
