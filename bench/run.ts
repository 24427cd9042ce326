/**
 * `npm run bench` runs every benchmark, `npm run bench -- check-connection decide` those named. Each
 * prints ratios measured within one run and writes them, with the machine's facts, into
 * `bench/results/NAME.json`.
 */
import { writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const NAMES = [
  "check-connection",
  "decide",
  "event-stream",
  "reload",
  "rest-check",
  "storage",
  "trust-check",
  "trust-fold",
  "trust-report",
  "trust-round",
] as const;

/** What a benchmark found; printed as it is measured, written as JSON. */
export type Benchmark = (print: (line: string) => void) => Promise<object>;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !NAMES.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}: there are ${NAMES.join(", ")}`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : NAMES) {
  console.log(`# ${name}`);
  const { benchmark } = (await import(`./${name}.bench.ts`)) as { benchmark: Benchmark };
  const found = await benchmark((line) => {
    console.log(line);
  });
  const path = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  writeFileSync(path, `${JSON.stringify({ machine: machineFacts(), ...found }, null, 2)}\n`);
  console.log(`written to ${path}`);
}

function machineFacts(): object {
  const [cpu] = cpus();
  return {
    cores: cpus().length,
    cpu: cpu?.model.trim() ?? "unknown",
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}
