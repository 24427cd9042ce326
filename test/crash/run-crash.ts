import { parseArgs } from "node:util";
import { crashCampaign } from "./crash-campaign.js";

// Kills the engine while it writes, as often as one likes: `npm run crash -- --kills 1000 --seed 7`.
// Ends with 1, and what was promised and not kept, at the first kill after which something is not.

/** Then with a new DATA_DIR: a large one takes longer to look through after every start. */
const KILLS_PER_DATA_DIR = 50;

const { values } = parseArgs({
  options: { kills: { type: "string", default: "50" }, seed: { type: "string" } },
});
const kills = wholeNumber("--kills", values.kills);
const firstSeed = wholeNumber("--seed", values.seed ?? String(Date.now() % 2 ** 31));
const total = { kills: 0, killsAtPoints: 0, versions: 0, events: 0, decisions: 0 };

console.log(`seed ${firstSeed}: ${kills} kills`);
for (let seed = firstSeed; total.kills < kills; seed += 1) {
  const result = await crashCampaign({
    ...{ seed, kills: Math.min(KILLS_PER_DATA_DIR, kills - total.kills) },
  });
  if (result.problems.length > 0) {
    console.error(`seed ${seed}: after kill ${result.kills}`);
    for (const problem of result.problems) console.error(`  ${problem}`);
    process.exit(1);
  }
  total.kills += result.kills;
  total.killsAtPoints += result.killsAtPoints;
  for (const kind of ["versions", "events", "decisions"] as const)
    total[kind] += result.found[kind];
  console.log(`seed ${seed}: ${JSON.stringify(total)}`);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`${name} must be a whole number, got ${text}`);
  process.exit(2);
}
