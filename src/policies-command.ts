import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  createPolicyAdminClient,
  type PolicyAdminClient,
} from "./adapters/engine-client/policy-admin-client.js";
import { createUnifiedDiff } from "./adapters/unified-diff/unified-diff.js";
import { askEngine } from "./ask-engine.js";
import {
  applyPolicies,
  getPolicy,
  listPolicies,
  type PoliciesDeps,
  showDiff,
  showHistory,
} from "./commands/policies.js";

type Told = Omit<PoliciesDeps, "client">;

interface Flags {
  readonly address: string;
  readonly reason: string;
  readonly confirmImpact?: number;
  readonly etag: string;
}

/**
 * Registers `policies ...`: shows and changes the policy of a running engine.
 *
 * @param done - Told the exit code: 0 well, 1 failed.
 */
export function addPoliciesCommand(
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
  const policies = program
    .command("policies")
    .description("show, change and roll back the policies of a running engine");

  const on = (name: string, description: string): Command =>
    policies
      .command(name)
      .description(description)
      .option("--address <host:port>", "gRPC address of the engine", defaultAddress);
  const changing = (name: string, description: string): Command =>
    on(name, description)
      .option("--reason <text>", "why, for the history", "")
      .option(
        "--confirm-impact <n>",
        "make it although it turns so many recorded decisions (MAX_FLIPPED_DECISIONS_PERCENT)",
        countOf,
      );
  const ofPolicy = (name: string, description: string): Command =>
    changing(name, description)
      .argument("<id>", "the policy")
      .option("--etag <etag>", "refuse if the policy has changed since", "");

  async function run(
    { address }: Pick<Flags, "address">,
    work: (deps: PoliciesDeps) => Promise<number>,
  ): Promise<void> {
    const client = createPolicyAdminClient({ address });
    done(await askEngine(client, told.writeError, () => work({ client, ...told })));
  }

  const tell = async (work: Promise<string>): Promise<0> => {
    told.write(await work);
    return 0;
  };

  on("list", "the active policies, in the order in which they are asked")
    .option("--type <type>", "of this type only")
    .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"))
    .action((flags: Flags & Parameters<typeof listPolicies>[0]) =>
      run(flags, (deps) => listPolicies(flags, deps)),
    );
  on("get", "one policy, as JSON")
    .argument("<id>", "the policy")
    .option("--at <version>", "as it was in this version", versionOf)
    .action((id: string, flags: Flags & { at?: number }) =>
      run(flags, (deps) => getPolicy(id, flags, deps)),
    );
  changing("apply", "create and update the policies of a file; removes none")
    .argument("<file>", "a policy, or a policy file")
    .option("--dry-run", "show the difference and change nothing", false)
    .action((file: string, flags: Flags & { dryRun: boolean }) =>
      run(flags, (deps) => {
        const content = contentOf(file);
        if (content !== undefined) {
          return applyPolicies(content, flags, { ...deps, unifiedDiff: createUnifiedDiff() });
        }
        told.writeError(`${file} cannot be read`);
        return Promise.resolve(1);
      }),
    );
  ofPolicy("delete", "remove a policy, also one of the defaults").action(
    (policyId: string, flags: Flags) =>
      run(flags, ({ client }) => tell(deleted(client, policyId, flags))),
  );
  for (const name of ["enable", "disable"] as const) {
    ofPolicy(name, `${name} a policy`).action((policyId: string, flags: Flags) =>
      run(flags, ({ client }) => tell(switched(client, policyId, flags, name === "enable"))),
    );
  }
  on("diff", "what differs between two versions of the policy set")
    .argument("<from>", "a version", versionOf)
    .argument("[to]", "another; the newest unless given", versionOf)
    .action((from: number, to: number | undefined, flags: Flags) =>
      run(flags, (deps) => showDiff(from, to, deps)),
    );
  on("history", "the versions of the policy set, newest first")
    .option("--limit <n>", "at most so many", versionOf, 20)
    .action((flags: Flags & { limit: number }) => run(flags, (deps) => showHistory(flags, deps)));
  changing("rollback", "make the content of an older version the newest version")
    .argument("<version>", "the version", versionOf)
    .action((version: number, flags: Flags) =>
      run(flags, ({ client }) => tell(rolledBack(client, version, flags))),
    );
  on("reload", "read the policy files now, and say what is wrong with them")
    .option(
      "--discard-file-changes",
      "put the last good set back where they cannot be loaded",
      false,
    )
    .action((flags: Flags & { discardFileChanges: boolean }) =>
      run(flags, ({ client }) => tell(reloaded(client, flags))),
    );
}

async function deleted(client: PolicyAdminClient, policyId: string, flags: Flags): Promise<string> {
  const { policyVersion } = await client.remove({ policyId, ...flags });
  return `${policyId}: deleted (version ${policyVersion})`;
}

async function switched(
  client: PolicyAdminClient,
  policyId: string,
  flags: Flags,
  enabled: boolean,
): Promise<string> {
  const policy = await client.setEnabled({ policyId, ...flags }, enabled);
  return `${policyId}: ${enabled ? "enabled" : "disabled"} (version ${policy.policyVersion})`;
}

async function rolledBack(
  client: PolicyAdminClient,
  version: number,
  flags: Flags,
): Promise<string> {
  const { policyVersion } = await client.rollback(version, flags);
  return `the policies of version ${version} are active as version ${policyVersion}`;
}

async function reloaded(
  client: PolicyAdminClient,
  { discardFileChanges }: { readonly discardFileChanges: boolean },
): Promise<string> {
  const { policyVersion, changed } = await client.reload(discardFileChanges);
  return changed ? `version ${policyVersion} is active` : `unchanged (version ${policyVersion})`;
}

function countOf(given: string): number {
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new InvalidArgumentError("must be a whole number");
}

function versionOf(given: string): number {
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw new InvalidArgumentError("must be a whole number, at least 1");
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
