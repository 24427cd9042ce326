import { parseArgs } from "node:util";
import { fuzzRest } from "../support/rest-fuzz.js";

// Looks for a request that REST answers with 5xx, or otherwise than its OpenAPI document says, for as
// long as one likes: `npm run fuzz:rest -- --seconds 60 --seed 7`. Exit code 1 with the smallest found.

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string" } },
});
const seconds = wholeNumber("--seconds", values.seconds);
const seed = wholeNumber("--seed", values.seed ?? String(Date.now() % 2 ** 31));

console.log(`seed ${seed}: ${seconds} seconds`);
const { failure, ...found } = await fuzzRest({ seconds, seed });
console.log(JSON.stringify(found));
if (failure) {
  console.error(failure.request);
  console.error(failure.problem);
  process.exit(1);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number, got ${text}`);
  process.exit(2);
}
