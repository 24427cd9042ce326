import { readFileSync } from "node:fs";

/** A sentence of the page, and the cases that hold it. */
export interface Sentence {
  readonly text: string;
  /** Paths of case files without their extension; `*` is what every case holds. */
  readonly cases: readonly string[];
}

export const LANGUAGE_PAGE = readFileSync(
  new URL("../../docs/policy-language.md", import.meta.url),
  "utf8",
);

const ANNOTATION = /<!-- cases: (.*?) -->/s;

/**
 * Every sentence from the first `##` on: of paragraphs and list items, and rows of tables as one each.
 * Left out are what introduces something (it ends with a colon) and the tables of examples, which have
 * an `outcome` and are run as they stand. What stands behind the last annotation has no cases.
 */
export function sentencesOf(page: string): Sentence[] {
  const body = page.slice(page.indexOf("\n## ")).replace(/^```.*?^```$/gms, "");
  return body
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .flatMap(sentencesOfBlock);
}

function sentencesOfBlock(block: string): Sentence[] {
  if (block === "" || block.startsWith("#")) return [];
  if (block.startsWith("|")) return rowsOfTable(block);
  return block.split(/^- /m).flatMap(sentencesOfText);
}

function rowsOfTable(block: string): Sentence[] {
  const [head = "", , ...rows] = block.split("\n");
  if (/\| outcome \|$/.test(head)) return [];
  return rows.map((row) => ({ text: row, cases: casesOf(ANNOTATION.exec(row)?.[1] ?? "") }));
}

function sentencesOfText(text: string): Sentence[] {
  const parts = text.trim().split(new RegExp(ANNOTATION, "gs"));
  const sentences: Sentence[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const said = split(parts[at] ?? "");
    const cases = casesOf(parts[at + 1] ?? "");
    said.forEach((sentence, index) => {
      sentences.push({ text: sentence, cases: index === said.length - 1 ? cases : [] });
    });
  }
  return sentences.filter(({ text: sentence }) => !sentence.endsWith(":"));
}

/** At each full stop before a capital letter, code, link or line's end. What is in code is not text. */
function split(text: string): string[] {
  const codes: string[] = [];
  const plain = text.replace(/`[^`]*`/g, (code) => `X${codes.push(code) - 1}X`);
  return plain
    .split(/(?<=[.!?])\s+(?=[A-Z[])/)
    .map((part) => part.replace(/X(\d+)X/g, (_all, index) => codes[Number(index)] ?? "").trim())
    .filter((part) => part !== "");
}

function casesOf(list: string): string[] {
  return list.split(/,\s*/).filter((name) => name !== "");
}
