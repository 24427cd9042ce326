// `npm run mutation [-- FILE_OR_FOLDER...]`: changes src/core in thousands of small ways and prints
// how many of them a test notices. Without arguments everything, one group of files at a time.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fail, requireNode, ROOT, run, say } from "./ensure-built.mjs";
import { MINIMUM_SCORE, MUTATION_GROUPS } from "./mutation-groups.mjs";

const STRYKER = "node_modules/@stryker-mutator/core/bin/stryker.js";
const FOUND = new Set(["Killed", "Timeout"]);
const MISSED = new Set(["Survived", "NoCoverage"]);

requireNode();
checkGroups();
const wanted = process.argv.slice(2).map((path) => relative(ROOT, resolve(path)));
const rows = [];
for (const [name, { files, tests, report }] of MUTATION_GROUPS) {
  const chosen = files.filter((file) => isWanted(file));
  if (chosen.length === 0) continue;
  say(`mutation: ${name}`);
  process.env.MUTATION_GROUP = name;
  if (run(STRYKER, ["run", "--mutate", chosen.join(",")]) !== 0) fail(`mutation failed: ${name}`);
  const isWhole = chosen.length === files.length;
  rows.push(...readReport({ report, tests: isWhole ? tests : [], chosen }));
}
if (rows.length === 0) fail(`mutation: no file of src/core at ${wanted.join(" ")}`);

for (const { file, missed } of rows) {
  for (const { line, column, before, after } of missed) {
    console.log(`${file}:${line}:${column} ${before} => ${after}`);
  }
}
console.log("\n| file | mutants | found | score |\n|---|---:|---:|---:|");
for (const row of rows) printRow(row.file.replace("src/core/", ""), row.found, row.missed.length);
const found = rows.reduce((sum, row) => sum + row.found, 0);
const missed = rows.reduce((sum, row) => sum + row.missed.length, 0);
printRow("all", found, missed);
if (score(found, missed) < MINIMUM_SCORE) {
  fail(`mutation: fewer than ${MINIMUM_SCORE} % of the mutants were found`);
}

/** Files that nobody put into a group would silently count as tested. */
function checkGroups() {
  const grouped = new Set([...MUTATION_GROUPS.values()].flatMap(({ files }) => files));
  const present = readdirSync(join(ROOT, "src/core"), { recursive: true })
    .map((file) => `src/core/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts"));
  const lost = present.find((file) => !grouped.has(file));
  if (lost) fail(`mutation: ${lost} is in no group of tools/mutation-groups.mjs`);
  const gone = [...grouped].find((file) => !present.includes(file));
  if (gone) fail(`mutation: tools/mutation-groups.mjs names ${gone}: there is no such file`);
}

function isWanted(file) {
  return wanted.length === 0 || wanted.some((path) => `${file}/`.startsWith(`${path}/`));
}

/**
 * One row per file that has mutants: files of types alone have none.
 *
 * @param tests - Those that have to be in the report. Of a part of a group it only has those that reach it.
 */
function readReport({ report, tests, chosen }) {
  const { files, testFiles } = JSON.parse(readFileSync(join(ROOT, report), "utf8"));
  const silent = tests.find((test) => !Object.hasOwn(testFiles, test));
  // Stryker goes on without tests that do not load, and then finds next to nothing.
  if (silent) fail(`mutation: ${silent} ran no test`);
  return chosen
    .filter((file) => Object.hasOwn(files, file))
    .map((file) => {
      const { source, mutants } = files[file];
      const lines = source.split("\n");
      return {
        file,
        found: mutants.filter(({ status }) => FOUND.has(status)).length,
        missed: mutants
          .filter(({ status }) => MISSED.has(status))
          .map(({ location: { start }, replacement = "" }) => ({
            ...start,
            before: lines[start.line - 1].trim(),
            after: replacement.replace(/\s+/g, " ").slice(0, 80),
          })),
      };
    })
    .filter(({ found: some, missed: others }) => some + others.length > 0);
}

function score(some, others) {
  return (100 * some) / (some + others);
}

function printRow(name, some, others) {
  console.log(`| ${name} | ${some + others} | ${some} | ${score(some, others).toFixed(1)} % |`);
}
