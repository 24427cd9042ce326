import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "../support/documentation.js";
import { startTestEngine, type TestEngine } from "../support/start-engine.js";

const page = readFileSync(new URL("../../docs/policy-functions.md", import.meta.url), "utf8");
/** The blocks that are files, by the names above them. */
const files = new Map(
  [...page.matchAll(/^`(\S+\.json)`:\n\n```json\n([^]*?)```$/gm)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);

interface Answer {
  readonly allowed: boolean;
  readonly ruleId?: string;
  readonly erroringRules?: readonly {
    readonly rule: { readonly ruleId: string };
    readonly missingAttributes: readonly string[];
  }[];
}

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine({
    policies: files.get("policies.json"),
    functions: [...files].filter(([name]) => name.startsWith("functions/")).map(([, text]) => text),
  });
});
afterAll(() => engine.stop());

async function ask(context: unknown): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${engine.restPort}/v1/policies:check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ policy_type: "fl_training", context }),
  });
  const { allowed, ruleId, erroringRules = [] } = (await response.json()) as Answer;
  const erring = erroringRules.map(({ rule, missingAttributes: [missing] }) => {
    return `; \`${rule.ruleId}\` could not be evaluated: \`${missing ?? ""}\` is missing`;
  });
  return [allowed ? "allowed" : `denied by \`${ruleId ?? ""}\``, ...erring].join("");
}

describe("the example of the page", () => {
  it("is a good policy set without warnings", () => {
    expect([...files.keys()]).toHaveLength(3);
    expect(engine.status()).toMatchObject({ state: "healthy" });
    expect(engine.logLines.filter((line) => /^(warn|error) policy/.test(line))).toEqual([]);
  });

  it.each(rowsOf(page, ["client", "answer"]))("%s is %s", async (context, answer) => {
    expect(await ask(JSON.parse(context))).toBe(answer);
  });
});
