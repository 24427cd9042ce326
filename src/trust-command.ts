import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createTrustClient } from "./adapters/engine-client/trust-client.js";
import { askEngine } from "./ask-engine.js";
import { replayTrust } from "./commands/trust-replay.js";
import {
  runTrustSimulate,
  TRUST_SIMULATE_NUMBERS,
  type TrustSimulateOptions,
} from "./commands/trust-simulate.js";
import {
  type Format,
  listTrust,
  pardonTrust,
  recalculateTrust,
  showTrust,
  showTrustHistory,
  type TrustDeps,
} from "./commands/trust.js";
import { ATTACKS, SKEWS } from "./core/trust/simulate-profiles.js";
import { TRUST_MODEL_NAMES } from "./core/trust/trust-model.js";

type Told = Omit<TrustDeps, "client">;

const STATES = ["PROBATION", "ACTIVE", "REDUCED", "EXCLUDED"];

interface Flags {
  readonly address: string;
  readonly format: Format;
}

/**
 * Registers `trust ...`: what a running engine knows of clients, and what it would make of recorded or
 * simulated federations.
 *
 * @param done - Told the exit code: 0 well, 1 failed, 2 wrongly asked.
 */
export function addTrustCommand(
  program: Command,
  {
    defaultAddress,
    told,
    done,
  }: {
    readonly defaultAddress: string;
    readonly told: Told;
    readonly done: (exitCode: number) => void;
  },
): void {
  const trust = program.command("trust").description("how far clients are trusted, and why");
  const on = (name: string, description: string): Command =>
    trust
      .command(name)
      .description(description)
      .option("--address <host:port>", "gRPC address of the engine", defaultAddress);
  const shown = (name: string, description: string): Command =>
    on(name, description).addOption(format());

  async function run(
    { address }: Pick<Flags, "address">,
    work: (deps: TrustDeps) => Promise<number>,
  ): Promise<void> {
    const client = createTrustClient({ address });
    done(await askEngine(client, told.writeError, () => work({ client, ...told })));
  }

  shown("list", "every client with its score and state")
    .option("--state <states>", "only these, with commas between", statesOf, [])
    .option("--order <order>", "client_id, trust_score or trust_score_change, and ` desc`", "")
    .action(({ state: states, ...flags }: Flags & { state: string[]; order: string }) =>
      run(flags, (deps) => listTrust({ states, ...flags }, deps)),
    );
  for (const [name, description, explain] of [
    ["show", "one client: score, state, factors and the rules that hold", false],
    ["explain", "the same with what moved the score, and what would change the state", true],
  ] as const) {
    shown(name, description)
      .argument("<client>", "the client")
      .action((clientId: string, flags: Flags) =>
        run(flags, (deps) => showTrust(clientId, { explain, format: flags.format }, deps)),
      );
  }
  shown("history", "one client after each evaluated round")
    .argument("<client>", "the client")
    .option("--run <id>", "only this run", "")
    .action((clientId: string, flags: Flags & { run: string }) =>
      run(flags, (deps) => showTrustHistory(clientId, flags, deps)),
    );
  on("pardon", "admit an excluded client again, with the score it has")
    .argument("<client>", "the client")
    .requiredOption("--reason <text>", "why, for those who read it later")
    .action((clientId: string, flags: Flags & { reason: string }) =>
      run(flags, (deps) => pardonTrust(clientId, flags, deps)),
    );
  on("recalculate", "compute every score anew from all observations, and compare").action(
    (flags: Flags) => run(flags, recalculateTrust),
  );
  addOffline(trust, { told, done });
}

function addOffline(
  trust: Command,
  { told, done }: { readonly told: Told; readonly done: (exitCode: number) => void },
): void {
  trust
    .command("replay")
    .description("what the engine would make of a recorded federation; needs no engine")
    .argument("<file>", "CSV: round, client, outcome, alignment_ratio, norm_ratio")
    .option("--model <name>", TRUST_MODEL_NAMES.join(" or "), TRUST_MODEL_NAMES[0])
    .addOption(format())
    .action((file: string, options: { model: string; format: Format }) => {
      const text = textOf(file);
      if (text === undefined) told.writeError(`${file} cannot be read`);
      done(text === undefined ? 1 : replayTrust(text, options, told));
    });
  const simulate = trust
    .command("simulate")
    .description("how a federation under attack would fare; needs no engine")
    .option("--attack <kind>", ATTACKS.join(", "), ATTACKS[0])
    .option("--skew <skew>", SKEWS.join(", "), SKEWS[0])
    .option(
      "--registered",
      "clients have keys and owners: who comes back has a new key of the same owner",
      false,
    )
    .option("--model <name>", TRUST_MODEL_NAMES.join(" or "), TRUST_MODEL_NAMES[0])
    .option("--params <list>", "parameters of the model: NAME=VALUE, with commas between", "")
    .addOption(format());
  for (const { flag, value, about } of Object.values(TRUST_SIMULATE_NUMBERS)) {
    simulate.option(`${flag} <number>`, about, value);
  }
  simulate.action((options: TrustSimulateOptions) => {
    done(runTrustSimulate(options, told));
  });
}

function format(): Option {
  return new Option("--format <format>", "how to print it")
    .choices(["text", "json"])
    .default("text");
}

function statesOf(text: string): readonly string[] {
  const states = text.split(",").map((state) => state.trim().toUpperCase());
  if (states.every((state) => STATES.includes(state))) return states;
  throw new InvalidArgumentError(`must be of ${STATES.join(", ")}`);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
