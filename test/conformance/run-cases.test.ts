import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCaseFiles, type Then } from "./conformance-case.js";
import { askCore, askEngine, type Asker } from "./ways-to-ask.js";

const files = readCaseFiles();

it("there are cases", () => {
  expect(files.length).toBeGreaterThanOrEqual(40);
});

describe.each(files.map((file) => [`${file.path}: ${file.description}`, file] as const))(
  "%s",
  (_name, file) => {
    const askers = new Map<string, Asker>();
    beforeAll(async () => {
      askers.set("core", askCore(file, { reversed: false }));
      askers.set("core, policies in the opposite order", askCore(file, { reversed: true }));
      const { grpc, rest } = await askEngine(file);
      askers.set("gRPC", grpc);
      askers.set("REST", rest);
    });
    afterAll(async () => {
      for (const asker of askers.values()) await asker.close();
    });

    it.each(file.cases)("$name", async ({ when, then }) => {
      const answers: Record<string, Then> = {};
      const expected: Record<string, Then> = {};
      const told = (answer: Then): Then => (file.partial ? withoutRules(answer) : answer);
      for (const [way, asker] of askers) {
        answers[way] = told(await asker.ask(when));
        expected[way] = told(then);
      }
      expect(answers).toEqual(expected);
    });
  },
);

/** `allowed` and `parameters` alone. */
function withoutRules(answer: Then): Then {
  if ("refused" in answer) return answer;
  const { allowed, parameters } = answer;
  return { allowed, ...(parameters && { parameters }), by: [], erring: [], obligations: [] };
}
