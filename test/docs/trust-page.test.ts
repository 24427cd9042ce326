import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addTrustCommand } from "../../src/trust-command.js";
import { rowsOf } from "../support/documentation.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/trust.md", import.meta.url)), "utf8");

const SIMULATED = rowsOf(page, [
  "target",
  "options",
  "excluded",
  "rounds: median (90 %)",
  "honest excluded",
  "influence left",
  "alerted: attackers, honest",
]);

type Figures = Readonly<Record<string, number | null>>;

/** [least, most] of what `--format json` tells. */
type Target = Readonly<Record<string, readonly [least: number, most: number]>>;

const ALIKE = {
  detected: [1, 1],
  detection_median_rounds: [1, 8],
  false_exclusion: [0, 0],
} as const;
const UNLIKE = {
  detected: [0.98, 1],
  detection_median_rounds: [1, 12],
  detection_p90_rounds: [1, 20],
  false_exclusion: [0, 0.02],
} as const;
const VERY_UNLIKE = {
  detected: [0.9, 1],
  detection_median_rounds: [1, 15],
  false_exclusion: [0, 0.08],
  f1: [0.85, 1],
} as const;
const ALERTS = { alerted_attackers: [0.75, 1], alerted_honest: [0, 0.1] } as const;
const QUICK = { detected: [1, 1], detection_median_rounds: [1, 4] } as const;
const NOBODY = { false_exclusion: [0, 0] } as const;

// prettier-ignore
const TARGETS: readonly (readonly [id: string, options: string, target: Target])[] = [
  ["T1", "--share 0.1", ALIKE],
  ["T1", "--share 0.2", ALIKE],
  ["T1", "--share 0.3", ALIKE],
  ["T1", "--share 0.4", ALIKE],
  ["T2", "--skew dirichlet-1 --share 0.1", UNLIKE],
  ["T2", "--skew dirichlet-1 --share 0.2", UNLIKE],
  ["T2", "--skew dirichlet-1 --share 0.3", UNLIKE],
  ["T2", "--skew dirichlet-1 --share 0.4", UNLIKE],
  ["T3", "--skew dirichlet-0.5", VERY_UNLIKE],
  ["T4", "--share 0", NOBODY],
  ["T4", "--skew dirichlet-1 --share 0", NOBODY],
  ["T4", "--skew dirichlet-0.5 --share 0", { false_exclusion: [0, 0.08] }],
  ["T5", "--share 0.2", { influence: [0, 0.02] }],
  ["T5", "--skew dirichlet-1 --share 0.2", { influence: [0, 0.03] }],
  ["T5", "--skew dirichlet-0.5", { influence: [0, 0.05] }],
  ["T7", "--skew dirichlet-1 --attack late-betrayal", { detected: [1, 1], detection_p90_rounds: [1, 18], reduced_median_rounds: [1, 8], alerted_attackers: [0.75, 1] }],
  ["T8", "--skew dirichlet-1 --attack on-off --rounds 80", { detected: [0.8, 1], influence: [0, 0.045] }],
  ["T9", "--skew dirichlet-1 --attack free-rider", QUICK],
  ["T9", "--skew dirichlet-1 --attack sign", QUICK],
  ["T10", "--share 0 --dropouts 0.7", NOBODY],
  ["T11", "--share 0.2", ALERTS],
  ["T11", "--skew dirichlet-1 --share 0.2", ALERTS],
  ["T12", "--skew dirichlet-1 --attack whitewash --newcomer-weight 0", { influence: [0, 0.05] }],
];

describe("the page tells what is simulated", () => {
  it("for every target that the simulator can show", () => {
    const documented = SIMULATED.flatMap(([ids = "", options = ""]) =>
      ids.split(", ").map((id) => `${id} ${options}`),
    );
    const targets = TARGETS.map(([id, options]) => `${id} ${options}`);
    expect(documented.filter((one) => one.startsWith("T")).sort()).toStrictEqual(targets.sort());
  });

  it.each(SIMULATED)(
    "%s with %s, which reaches its targets",
    (ids = "", options = "", ...documented) => {
      const found = simulatedBy(options);
      const attacked = found["attackers"] !== 0;
      const median = found["detection_median_rounds"];
      expect(documented).toStrictEqual([
        percent(found["detected"]),
        median === null ? "-" : `${median} (${found["detection_p90_rounds"]})`,
        percent(found["false_exclusion"]),
        attacked
          ? `${percent(found["influence"])} of ${percent(found["influence_undefended"])}`
          : "-",
        `${percent(found["alerted_attackers"])}, ${percent(found["alerted_honest"])}`,
      ]);
      const targets = TARGETS.filter(([id, of]) => ids.split(", ").includes(id) && of === options);
      expect(targets.flatMap(([, , target]) => missesOf(found, target))).toStrictEqual([]);
    },
  );
});

function missesOf(found: Figures, target: Target): string[] {
  return Object.entries(target).flatMap(([name, [least, most]]) => {
    const value = found[name] ?? Number.NaN;
    return value >= least && value <= most ? [] : [`${name} ${value}`];
  });
}

function simulatedBy(options: string): Figures {
  const printed: string[] = [];
  const told = {
    write: (text: string) => printed.push(text),
    writeError: (text: string) => expect.fail(text),
  };
  const program = new Command();
  addTrustCommand(program, { defaultAddress: "", told, done: () => undefined });
  const typed = options.split(" ").filter((part) => part !== "");
  program.parse(["trust", "simulate", ...typed, "--format", "json"], { from: "user" });
  return JSON.parse(printed.join("")) as Figures;
}

function percent(share: number | null | undefined): string {
  return typeof share === "number" ? `${(100 * share).toFixed(1)} %` : "-";
}
