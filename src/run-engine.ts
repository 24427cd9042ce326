import { readFileSync } from "node:fs";
import { createPinoLog } from "./adapters/pino/log.js";
import { FLAGS_HELP } from "./config/flags-help.js";
import { type Config, ConfigError, loadConfig } from "./config/load-config.js";
import { type RunningEngine, startEngine } from "./engine.js";
import { StartError } from "./start-error.js";

/** How a process of the engine ends: 0 after a clean drain, 1 cannot start or was cut short, 2 usage. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs the engine until SIGTERM or SIGINT, then drains it. A second signal ends the process with 1.
 * Asked for help, it prints the flags instead.
 *
 * @param argv - Flags alone, without the program.
 */
export async function runEngine({
  argv,
  env,
}: {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<ExitCode> {
  if (argv.includes("--help") || argv.includes("-h")) {
    console.log(`Usage: flopynet-policy serve [flags...]\n\n${FLAGS_HELP}`);
    return 0;
  }
  let config: Config;
  try {
    config = loadConfig({ argv, env, readFile: (path) => readFileSync(path, "utf8") });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) console.error(`flopynet-policy: ${problem}`);
    return error.exitCode;
  }

  const { settings } = config;
  const log = createPinoLog({
    level: settings.LOG_LEVEL,
    ...(settings.LOG_FILE !== undefined && { logFile: settings.LOG_FILE }),
  });
  for (const sentence of config.ignored) log.info({}, sentence);
  const signals = listenForSignals();
  let engine: RunningEngine;
  try {
    engine = await startEngine({ settings, log });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    log.error({}, error.message);
    console.error(`flopynet-policy: ${error.message}`);
    return 1;
  }
  console.error(whereItListens(engine, settings.HOST));

  await signals.first;
  log.info({}, "draining: a second signal ends at once");
  await engine.stop();
  log.info({}, "stopped");
  log.close();
  return 0;
}

/** The first signal resolves `first`; a second one ends the process. */
function listenForSignals(): { readonly first: Promise<void> } {
  let count = 0;
  const first = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      count += 1;
      if (count > 1) process.exit(1);
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  return { first };
}

/** For a person at a terminal; the log, on standard output, has it as data. */
function whereItListens(engine: RunningEngine, host: string): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  const { state, policyVersion } = engine.status();
  return [
    "flopynet-policy is running",
    `  gRPC     ${shown}:${engine.grpcPort}`,
    ...engine.restPorts.map((port) => `  REST     http://${shown}:${port}`),
    `  metrics  http://${shown}:${engine.metricsPort}/metrics`,
    `  policy   ${state === "unhealthy" ? "NONE: see the log" : `version ${policyVersion}`}`,
    "  Ctrl-C drains and stops",
  ].join("\n");
}
