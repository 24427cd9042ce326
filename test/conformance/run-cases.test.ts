import { afterAll, describe, expect, it } from "vitest";
import type { PolicyIssue } from "../../src/application/ports/policy-source.js";
import {
  type Given,
  type Issue,
  type LoadFile,
  type LoadOutcome,
  type QuestionFile,
  readCaseFiles,
} from "./conformance-case.js";
import { createEngines } from "./running-engine.js";
import { asWritten, expected } from "./told.js";
import { askCore, type Asker, loadInProcess } from "./ways-to-ask.js";

const files = readCaseFiles();
const questionFiles = files.filter((file): file is QuestionFile => "cases" in file);
const loadFiles = files.filter((file): file is LoadFile => "loads" in file);
const engines = createEngines();
afterAll(() => engines.stop());

it("there are cases of both kinds", () => {
  expect(questionFiles.length).toBeGreaterThanOrEqual(100);
  expect(loadFiles.length).toBeGreaterThanOrEqual(10);
});

describe.each(questionFiles.map((file) => [`${file.path}: ${file.description}`, file] as const))(
  "%s",
  (_name, { given, cases, partial }) => {
    // Within the first question: what cannot be loaded is a question that failed.
    let loaded: Promise<readonly (readonly [string, Asker])[]> | undefined;

    it.each(cases.map((question) => [question.name, question] as const))(
      "%s",
      async (_name, { when, then }) => {
        const explain = "allowed" in then && then.explained !== undefined;
        const answers: Record<string, unknown> = {};
        const wanted: Record<string, unknown> = {};
        const ask = async ([way, asker]: readonly [string, Asker]): Promise<void> => {
          answers[way] = asWritten(await asker.ask(when, { explain }), { then, partial });
          wanted[way] = expected(then, partial);
        };
        await Promise.all((await (loaded ??= askersFor(given))).map(ask));
        expect(answers).toEqual(wanted);
      },
    );
  },
);

describe.each(loadFiles.map((file) => [`${file.path}: ${file.description}`, file] as const))(
  "%s",
  (_name, { loads }) => {
    it.each(loads.map((load) => [load.name, load] as const))(
      "%s",
      async (_name, { given, then }) => {
        const load = loadInProcess(given);
        const issues = load.ok ? load.set.issues : load.issues;
        const engine = await engines.with(given.settings);
        expect({
          loaded: load.ok,
          ...{ errors: places(errorsOf(issues)), reload: places(await engine.load(given)) },
          missing: wantedIssues(then).filter(
            (wanted) => !issues.some((issue) => is(issue, wanted)),
          ),
        }).toEqual({
          loaded: refusedPlaces(then).length === 0,
          ...{ errors: places(refusedPlaces(then)), reload: places(refusedPlaces(then)) },
          missing: [],
        });
      },
    );
  },
);

async function askersFor(given: Given): Promise<readonly (readonly [string, Asker])[]> {
  const engine = await engines.with(given.settings);
  expect(await engine.load(given)).toEqual([]);
  return [
    ["core", askCore(given, { reversed: false })],
    ["core, policies in the opposite order", askCore(given, { reversed: true })],
    ["core, explained", askCore(given, { reversed: false, explain: true })],
    ["gRPC", engine.grpc],
    ["REST", engine.rest],
  ];
}

function wantedIssues(then: LoadOutcome): readonly Issue[] {
  if (then === "loaded") return [];
  return "refused" in then ? then.refused : then.warned;
}

function refusedPlaces(then: LoadOutcome): readonly string[] {
  return then !== "loaded" && "refused" in then ? then.refused.map(({ path }) => path) : [];
}

function errorsOf(issues: readonly PolicyIssue[]): readonly string[] {
  return issues.filter(({ severity }) => severity === "error").map(({ path }) => path);
}

/** Each place once: how many things are wrong there is the engine's to say. */
function places(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].sort();
}

function is({ path, message, suggestion = "" }: PolicyIssue, wanted: Issue): boolean {
  return path === wanted.path && `${message} ${suggestion}`.includes(wanted.says);
}
