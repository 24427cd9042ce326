import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createPolicyAdminClient } from "./adapters/engine-client/policy-admin-client.js";
import { askEngine } from "./ask-engine.js";
import { type ImpactDeps, type ImpactOptions, showImpact } from "./commands/impact.js";

const USAGE = 2;
const DEFAULT_DECISIONS = 10_000;
const MOST_DECISIONS = 100_000;

/**
 * Registers `diff --impact FILE` and `diff --delete ID`: what a change would make of recorded decisions.
 *
 * @param done - Told the exit code: 0 well, 1 failed, 2 usage.
 */
export function addImpactCommand(
  program: Command,
  {
    defaultAddress,
    told,
    done,
  }: {
    readonly defaultAddress: string;
    readonly told: Omit<ImpactDeps, "client">;
    readonly done: (exitCode: number) => void;
  },
): void {
  program
    .command("diff")
    .description("say which recorded decisions a change of policy would turn; changes nothing")
    .option("--impact <file>", "the policies to put: a policy, or a policy file")
    .option("--delete <id...>", "policies to take out", [])
    .option("--decisions <n>", "how many to look at", decisionsOf, DEFAULT_DECISIONS)
    .option("--address <host:port>", "gRPC address of the engine", defaultAddress)
    .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
    .action(async (flags: ImpactOptions & { impact?: string; address: string }) => {
      if (flags.impact === undefined && flags.delete.length === 0) {
        told.writeError("--impact FILE or --delete ID must say what the change is");
        done(USAGE);
        return;
      }
      const content = flags.impact === undefined ? undefined : contentOf(flags.impact);
      if (flags.impact !== undefined && content === undefined) {
        told.writeError(`${flags.impact} cannot be read`);
        done(1);
        return;
      }
      const client = createPolicyAdminClient({ address: flags.address });
      done(
        await askEngine(client, told.writeError, () =>
          showImpact(content, flags, { client, ...told }),
        ),
      );
    });
}

function decisionsOf(given: string): number {
  if (/^[1-9]\d{0,5}$/.test(given) && Number(given) <= MOST_DECISIONS) return Number(given);
  throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST_DECISIONS}`);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
