import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { createEngineClient, EngineError } from "./adapters/engine-client/engine-client.js";
import type { CheckAnswer } from "./application/check.js";
import { PdpError } from "./application/errors.js";
import { backupsOf } from "./backup-command.js";
import { runBackup, runRestore } from "./commands/backup.js";
import { type Asked, type CheckOptions, runCheck } from "./commands/check.js";
import { runConfig } from "./commands/config.js";
import type { LintOptions } from "./commands/lint.js";
import type { TestOptions } from "./commands/test.js";
import { FLAGS_HELP } from "./config/flags-help.js";
import { type Config, ConfigError, loadConfig } from "./config/load-config.js";
import { ENGINE_VERSION } from "./engine.js";
import { StartError } from "./start-error.js";
import { addImpactCommand } from "./impact-command.js";
import { runLintCommand } from "./lint-command.js";
import { offlineDecisionPoint } from "./offline-policies.js";
import { addPoliciesCommand } from "./policies-command.js";
import { addTrustCommand } from "./trust-command.js";
import { addRecordsCommands } from "./records-command.js";
import { runEngine } from "./run-engine.js";
import { runTestCommand } from "./test-command.js";

const USAGE = 2;
const DENIED = 3;

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
  /** Ends what would go on until the process is signalled (`test --watch`, `--follow`). */
  readonly signal?: AbortSignal;
}

/** Where an engine with these settings listens, as seen from its own machine. */
function defaultAddressOf({ GRPC_PORT = "" }: CommandLineDeps["env"]): string {
  return `127.0.0.1:${/^[1-9]\d*$/.test(GRPC_PORT) ? GRPC_PORT : "50051"}`;
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
  { env, stdout, stderr, signal }: CommandLineDeps,
): Promise<number> {
  let exitCode = 0;
  const defaultAddress = defaultAddressOf(env);
  const told: Told = {
    write: (text) => stdout(`${text}\n`),
    writeError: (text) => stderr(text.replace(/^/gm, "flopynet-policy: ") + "\n"),
  };
  const program = new Command("flopynet-policy")
    .description("Policy decision point for federated learning")
    .version(ENGINE_VERSION)
    .enablePositionalOptions()
    .configureOutput({ writeOut: stdout, writeErr: stderr })
    .exitOverride();
  const flagsHelp = `\n${FLAGS_HELP}`;

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

  const ofDatabase = (name: string, description: string, run: typeof runBackup) =>
    program
      .command(name)
      .description(description)
      .argument("<file>", "the backup")
      .argument("[flags...]", "settings, as in docs/configuration.md; DATA_DIR is what counts")
      .allowUnknownOption()
      .action((file: string, flags: string[]) => {
        const { DATA_DIR } = configOf(flags, env).settings;
        exitCode = run(file, { ...backupsOf(DATA_DIR), ...told });
      });
  ofDatabase("backup", "copy the database of DATA_DIR, while the engine runs or not", runBackup);
  ofDatabase("restore", "put a backup in its place, while no engine runs", runRestore);

  const question = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--address <host:port>", "gRPC address of a running engine", defaultAddress)
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
      .addOption(format());
  const answerQuestion = (flags: CheckFlags): Promise<number> =>
    flags.policies === undefined
      ? checkRunning(flags, flags.address, told)
      : checkOffline(flags, flags.policies, env, told);

  question("check", "ask one question; exit 0 allowed, 3 denied, 1 could not be asked, 2 usage")
    .option("--explain", "print what would have turned the answer, and how each rule came out")
    .action(async (flags: CheckFlags) => {
      exitCode = await answerQuestion(flags);
    });

  question(
    "explain",
    "say why one question is answered as it is; exit 0 explained, 1 could not be asked, 2 usage",
  ).action(async (flags: CheckFlags) => {
    const asked = await answerQuestion({ ...flags, explain: true });
    exitCode = asked === DENIED ? 0 : asked;
  });

  program
    .command("lint")
    .description(
      "say what is wrong, or probably wrong, with policies; exit 0 well, 1 warnings (--strict), 2 errors",
    )
    .argument("<files...>", "policies or policy files, each looked at by itself")
    .option("--strict", "exit 1 when there are warnings")
    .option("--no-defaults", "leave out the default_policies.json beside a file")
    .option("--clients <file>", "what your components send, as in docs/linting.md")
    .addOption(
      new Option("--format <format>", "how to print")
        .choices(["text", "json", "sarif"])
        .default("text"),
    )
    .action(async (files: string[], options: LintOptions & { readonly clients?: string }) => {
      const functionsFolder = configOf([], env).settings.POLICY_FUNCTIONS_DIR;
      exitCode = await runLintCommand(files, { ...options, functionsFolder }, told);
    });

  program
    .command("test")
    .description(
      "ask the cases in a folder of the policies in it; exit 0 passed, 1 failed, 2 usage",
    )
    .argument("<folder>", "where policies.json stands, and the cases as *.yaml at any depth")
    .option("--policies <file>", "test this policy file instead of policies.json in the folder")
    .option("--coverage-threshold <percent>", "fail when fewer of the rules are reached, 0 to 100")
    .addOption(
      new Option("--format <format>", "how to print")
        .choices(["text", "json", "junit"])
        .default("text"),
    )
    .option("--output <file>", "write the report here, and print it as text")
    .option("--watch", "run again whenever a policy or a case changes")
    .action(async (folder: string, options: TestOptions & { readonly policies?: string }) => {
      const { settings } = configOf([], env);
      exitCode = await runTestCommand(folder, options, {
        settings,
        ...(signal && { signal }),
        ...told,
      });
    });

  const running = {
    defaultAddress,
    told,
    done: (code: number) => {
      exitCode = code;
    },
  };
  addPoliciesCommand(program, running);
  addTrustCommand(program, running);
  addImpactCommand(program, running);
  addRecordsCommands(program, { ...running, ...(signal && { signal }) });

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
  const loaded = await offlineDecisionPoint(file, configOf([], env).settings);
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
