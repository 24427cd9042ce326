import { type Command, Option } from "commander";
import {
  runTrustSimulate,
  TRUST_SIMULATE_NUMBERS,
  type TrustSimulateDeps,
  type TrustSimulateOptions,
} from "./commands/trust-simulate.js";
import { ATTACKS, SKEWS } from "./core/trust/simulate-profiles.js";
import { TRUST_MODEL_NAMES } from "./core/trust/trust-model.js";

/**
 * Registers `simulate` in the group `trust`.
 *
 * @param done - Told the exit code: 0 well, 2 an option is wrong.
 */
export function addTrustSimulateCommand(
  trust: Command,
  { told, done }: { readonly told: TrustSimulateDeps; readonly done: (exitCode: number) => void },
): void {
  const simulate = trust
    .command("simulate")
    .description("simulate attacks on federations; needs no engine")
    .addOption(new Option("--attack <kind>", "what attackers do").choices(ATTACKS).default("flip"))
    .addOption(
      new Option("--skew <kind>", "how unlike the data of clients are")
        .choices(SKEWS)
        .default("iid"),
    );
  for (const { flag, about, value } of Object.values(TRUST_SIMULATE_NUMBERS)) {
    simulate.option(`${flag} <n>`, about, value);
  }
  simulate
    .option("--registered", "clients register with an owner, also those that come back", false)
    .addOption(
      new Option("--model <name>").choices(TRUST_MODEL_NAMES).default("flopynet-coupled-1"),
    )
    .option("--params <name=value,...>", "parameters of the model to try", "")
    .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
    .action((options: TrustSimulateOptions) => {
      done(runTrustSimulate(options, told));
    });
}
