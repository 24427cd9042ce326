import { describe, expect, it } from "vitest";
import { readCaseFiles } from "./conformance-case.js";
import { LANGUAGE_PAGE, sentencesOf } from "./language-page.js";

const sentences = sentencesOf(LANGUAGE_PAGE);
const files = readCaseFiles().map(({ path }) => path.replace(/\.yaml$/, ""));
const named = new Set(sentences.flatMap(({ cases }) => cases));
/** Recorded questions to the shipped policies: behind them stand the policies, not one sentence. */
const RECORDED = "flopynet/";

describe("the page of the policy language and the corpus say the same", () => {
  it("the page was read", () => {
    expect(sentences.length).toBeGreaterThan(200);
  });

  it("no sentence is without a case", () => {
    expect(sentences.filter(({ cases }) => cases.length === 0)).toEqual([]);
  });

  it("every case that the page names exists", () => {
    expect([...named].filter((name) => name !== "*" && !files.includes(name))).toEqual([]);
  });

  it("no case file is without a sentence", () => {
    const unnamed = files.filter((name) => !named.has(name) && !name.startsWith(RECORDED));
    expect(unnamed).toEqual([]);
  });
});

describe("what has no cases is found", () => {
  const page = (text: string): string => `# Page\n\nAbout it.\n\n## Part\n\n${text}\n`;
  it.each([
    ["a paragraph", "One thing.", ["One thing."]],
    ["the second sentence", "One. <!-- cases: a/b -->\nTwo.", ["Two."]],
    ["the first sentence", "One. Two. <!-- cases: a/b -->", ["One."]],
    ["a sentence that begins with code", "One.\n`two` too. <!-- cases: a/b -->", ["One."]],
    ["an item of a list", "- One. <!-- cases: a/b -->\n- Two.", ["Two."]],
    ["a row", "| a |\n| --- |\n| 1 <!-- cases: a/b --> |\n| 2 |", ["| 2 |"]],
    ["nothing in an introduction", "Such as:", []],
    ["nothing in code", "```\nOne. Two.\n```", []],
    ["nothing in examples", "| a | outcome |\n| --- | --- |\n| 1 | true |", []],
  ])("%s", (_name, text, without) => {
    const found = sentencesOf(page(text)).filter(({ cases }) => cases.length === 0);
    expect(found.map(({ text: sentence }) => sentence)).toEqual(without);
  });
});
