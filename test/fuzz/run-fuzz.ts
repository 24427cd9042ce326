import { isDeepStrictEqual, parseArgs } from "node:util";
import fc from "fast-check";
import {
  agreementCase,
  type AgreementCase,
  answersOf,
  emptyCoverage,
  REQUESTS_PER_SET,
} from "../support/index-agreement.js";

// Looks for a policy set and a request on which an index and the reference differ, for as long as one
// likes: `npm run fuzz -- --pairs 1000000 --seed 7`. Exit code 1 with the smallest case found.

const SETS_PER_ROUND = 500;

const { values } = parseArgs({
  options: { pairs: { type: "string", default: "100000" }, seed: { type: "string" } },
});
const pairs = wholeNumber("--pairs", values.pairs);
const firstSeed = wholeNumber("--seed", values.seed ?? String(Date.now() % 2 ** 31));

console.log(`seed ${firstSeed}: ${pairs} pairs`);
const coverage = emptyCoverage();
for (let seed = firstSeed; coverage.pairs < pairs; seed += 1) {
  const left = Math.ceil((pairs - coverage.pairs) / REQUESTS_PER_SET);
  const numRuns = Math.min(left, SETS_PER_ROUND);
  const result = fc.check(fc.property(agreementCase, agrees), { seed, numRuns });
  if (result.failed) {
    console.error(`seed ${seed}: an index and the reference differ, after ${result.numRuns} sets`);
    console.error(JSON.stringify(result.counterexample?.[0], null, 2));
    if (result.counterexample) console.error(differences(result.counterexample[0]));
    if (result.errorInstance) console.error(result.errorInstance);
    process.exit(1);
  }
  console.log(`seed ${seed}: ${coverage.pairs} pairs agree`);
}
console.log(JSON.stringify(coverage));

function agrees(one: AgreementCase): boolean {
  return answersOf(one, coverage).every(({ expected, byIndex }) =>
    byIndex.every((decision) => isDeepStrictEqual(decision, expected)),
  );
}

function differences(one: AgreementCase): string {
  const wrong = answersOf(one, emptyCoverage()).filter(
    ({ expected, byIndex }) => !byIndex.every((decision) => isDeepStrictEqual(decision, expected)),
  );
  return JSON.stringify(
    wrong.map(({ request, expected, byIndex }) => ({
      attributes: request.attributes,
      expected,
      byIndex,
    })),
    null,
    2,
  );
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number, got ${text}`);
  process.exit(2);
}
