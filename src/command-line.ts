import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { createConditionCompiler } from "./adapters/cel/compile-condition.js";
import { createEngineClient, EngineError } from "./adapters/engine-client/engine-client.js";
import { createPolicyFileSource } from "./adapters/policy-files/policy-file-source.js";
import { createSystemClock } from "./adapters/system/clock.js";
import { createUuidIds } from "./adapters/system/ids.js";
import type { CheckAnswer, DecisionPoint } from "./application/check.js";
import { createDecisionPoint } from "./application/decision-point.js";
import { createEngineAttributes } from "./application/engine-attributes.js";
import { issueText, PdpError } from "./application/errors.js";
import { type Asked, type CheckOptions, runCheck } from "./commands/check.js";
import { runConfig } from "./commands/config.js";
import type { LintOptions } from "./commands/lint.js";
import { flagOf } from "./config/config-sources.js";
import { type Config, ConfigError, loadConfig } from "./config/load-config.js";
import { SETTINGS } from "./config/settings.js";
import { registryOf, StartError } from "./engine.js";
import { buildSnapshot } from "./core/snapshot.js";
import { runLintCommand } from "./lint-command.js";
import { runEngine } from "./run-engine.js";

const DEFAULT_ADDRESS = "127.0.0.1:50051";
const USAGE = 2;

type Format = "text" | "json";
type CheckFlags = CheckOptions & { readonly address: string; readonly policies?: string };

const format = () =>
  new Option("--format <format>", "how to print").choices(["text", "json"]).default("text");

/** What a command line is run with. */
export interface CommandLineDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where answers and errors go; each text ends with its line. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

interface Told {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * Runs one command of `flopynet-policy`.
 *
 * @param argv - Without the program: `["check", "--protocol", "tcp"]`.
 * @returns The exit code: 0 well, 1 failed, 2 usage, 3 denied.
 */
export async function runCommandLine(
  argv: readonly string[],
  { env, stdout, stderr }: CommandLineDeps,
): Promise<number> {
  let exitCode = 0;
  const told: Told = {
    write: (text) => stdout(`${text}\n`),
    writeError: (text) => stderr(text.replace(/^/gm, "flopynet-policy: ") + "\n"),
  };
  const program = new Command("flopynet-policy")
    .description("Policy decision point for federated learning")
    .enablePositionalOptions()
    .configureOutput({ writeOut: stdout, writeErr: stderr })
    .exitOverride();
  const settingFlags = Object.keys(SETTINGS).map((name) => `  ${flagOf(name)} <value>`);
  const flagsHelp = `\nFlags (docs/configuration.md):\n${settingFlags.join("\n")}`;

  program
    .command("serve")
    .description("run the engine until it is signalled")
    .argument("[flags...]", "settings, as in docs/configuration.md")
    .allowUnknownOption()
    .addHelpText("after", flagsHelp)
    .action(async (flags: string[]) => {
      exitCode = await runEngine({ argv: flags, env });
    });

  program
    .command("config")
    .description("print the settings in force and where each came from")
    .argument("[flags...]", "settings, as in docs/configuration.md")
    .addOption(format())
    .allowUnknownOption()
    .addHelpText("after", flagsHelp)
    .action((flags: string[], options: { format: Format }) => {
      const { settings, origins, ignored } = configOf(flags, env);
      const { NODE_IPS, ...others } = settings;
      const effective = Object.entries({ ...others, ...NODE_IPS }).map(([name, value]) => ({
        name,
        value,
        origin: origins.get(name) ?? "default",
      }));
      runConfig({ settings: effective, ignored }, options, told);
    });

  program
    .command("check")
    .description("ask one question; exit 0 allowed, 3 denied, 1 could not be asked, 2 usage")
    .option("--address <host:port>", "gRPC address of a running engine", DEFAULT_ADDRESS)
    .option("--policies <file>", "decide with this policy file, without an engine")
    .option("--policy-type <type>", "ask CheckPolicy; the options below go into its context")
    .option("--src-type <type>", "component type of the source")
    .option("--dst-type <type>", "component type of the destination")
    .option("--src-ip <address>", "address of the source")
    .option("--dst-ip <address>", "address of the destination")
    .option("--src-port <port>", "port of the source")
    .option("--dst-port <port>", "port of the destination")
    .option("--protocol <protocol>", "name, or number from 0 to 255")
    .option("--client-id <id>", "FL client on whose behalf")
    .option("--context <json>", "further attributes, a JSON object")
    .option("--explain", "print how each rule came out")
    .addOption(format())
    .action(async (flags: CheckFlags) => {
      exitCode =
        flags.policies === undefined
          ? await checkRunning(flags, flags.address, told)
          : await checkOffline(flags, flags.policies, env, told);
    });

  program
    .command("lint")
    .description(
      "say what is wrong, or probably wrong, with policy files; exit 0 well, 1 warnings, 2 errors",
    )
    .argument("<files...>", "policy files, each looked at by itself")
    .option("--strict", "exit 1 when there are warnings")
    .option("--no-defaults", "leave out the default_policies.json beside a file")
    .option("--clients <file>", "what your components send, as in docs/linting.md")
    .addOption(
      new Option("--format <format>", "how to print")
        .choices(["text", "json", "sarif"])
        .default("text"),
    )
    .action(async (files: string[], options: LintOptions & { readonly clients?: string }) => {
      exitCode = await runLintCommand(files, options, told);
    });

  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed it already; help that was asked for is not an error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    told.writeError(error.message);
    return error instanceof ConfigError ? error.exitCode : 1;
  }
}

type Env = CommandLineDeps["env"];

function configOf(argv: readonly string[], env: Env): Config {
  return loadConfig({ argv, env, readFile: (path) => readFileSync(path, "utf8") });
}

async function checkRunning(options: CheckOptions, address: string, told: Told): Promise<number> {
  const client = createEngineClient({ address });
  const asked = async (answer: Promise<CheckAnswer>): Promise<Asked> => {
    try {
      return { ok: true, answer: await answer };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { ok: false, problem: error.message };
    }
  };
  const askConnection = (check: Parameters<typeof client.checkConnection>[0]) =>
    asked(client.checkConnection(check));
  const askPolicy = (check: Parameters<typeof client.checkPolicy>[0]) =>
    asked(client.checkPolicy(check));
  try {
    return await runCheck(options, { askConnection, askPolicy, ...told });
  } finally {
    client.close();
  }
}

async function checkOffline(
  options: CheckOptions,
  file: string,
  env: Env,
  told: Told,
): Promise<number> {
  const loaded = await offlineDecisionPoint(file, env);
  if (typeof loaded === "string") {
    told.writeError(loaded);
    return 1;
  }
  const asked = (answer: () => CheckAnswer): Promise<Asked> => {
    try {
      return Promise.resolve({ ok: true, answer: answer() });
    } catch (error) {
      if (!(error instanceof PdpError)) throw error;
      return Promise.resolve({ ok: false, problem: error.message });
    }
  };
  return runCheck(options, {
    askConnection: (check) => asked(() => loaded.checkConnection(check)),
    askPolicy: (check) => asked(() => loaded.checkPolicy(check)),
    ...told,
  });
}

/** The same decision as a running engine with this file and these settings; else what is wrong. */
async function offlineDecisionPoint(file: string, env: Env): Promise<DecisionPoint | string> {
  const { settings } = configOf([], env);
  const load = await createPolicyFileSource({
    file,
    conditionCompiler: createConditionCompiler(),
  }).load();
  if (!load.ok) return load.issues.map(issueText).join("\n");
  const clock = createSystemClock();
  const snapshot = buildSnapshot(
    load.set.policies.map(({ policy }) => policy),
    {
      policyVersion: load.set.fileVersion ?? 1,
      unknownTypeEffect: settings.UNKNOWN_POLICY_TYPE,
    },
  );
  return createDecisionPoint({
    activeSnapshot: () => snapshot,
    engineAttributes: createEngineAttributes({ clock, timeZone: settings.ENGINE_TIME_ZONE }),
    registry: registryOf(settings),
    recordDecision: () => undefined,
    clock,
    ids: createUuidIds({ clock }),
    batchMaxItems: settings.BATCH_MAX_ITEMS,
  });
}
