import { type Command, InvalidArgumentError, Option } from "commander";
import {
  createRecordsClient,
  type DecisionFilter,
  type RecordsClient,
} from "./adapters/engine-client/records-client.js";
import { askEngine } from "./ask-engine.js";
import { listDecisions, tailDecisions } from "./commands/decisions.js";
import { eventFilterOf, tailEvents } from "./commands/events.js";

const USAGE = 2;

interface RecordsDeps {
  readonly client: RecordsClient;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly signal: AbortSignal;
}

interface CommonFlags {
  readonly address: string;
  readonly format: "text" | "json";
}

interface EventFlags extends CommonFlags {
  readonly filter: readonly string[];
  readonly last: number;
  readonly follow: boolean;
  readonly from: string;
}

interface DecisionFlags extends CommonFlags, Omit<DecisionFilter, "allowed"> {
  readonly limit: number;
  readonly allowed?: true;
  readonly denied?: true;
  readonly since?: number;
  readonly until?: number;
}

/**
 * Registers `events ...` and `decisions ...`: what a running engine recorded.
 *
 * @param deps - `done` is told the exit code: 0 well, 1 failed, 2 usage. `signal` ends what would go
 *   on until the process is signalled.
 */
export function addRecordsCommands(
  program: Command,
  deps: {
    readonly defaultAddress: string;
    readonly told: Pick<RecordsDeps, "write" | "writeError">;
    readonly done: (exitCode: number) => void;
    readonly signal?: AbortSignal;
  },
): void {
  const { defaultAddress, told, done } = deps;

  const under = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .option("--address <host:port>", "gRPC address of the engine", defaultAddress)
      .addOption(new Option("--format <format>").choices(["text", "json"]).default("text"));

  async function run(
    { address }: CommonFlags,
    work: (deps: RecordsDeps) => Promise<number>,
  ): Promise<void> {
    const client = createRecordsClient({ address });
    const signalled = onProcessSignal();
    const signal = deps.signal ?? signalled.signal;
    try {
      done(await askEngine(client, told.writeError, () => work({ client, ...told, signal })));
    } finally {
      signalled.stop();
    }
  }

  const events = program.command("events").description("follow what happens in a running engine");
  under(events, "tail", "the newest events, one a line; with --follow what comes, too")
    .option("--last <n>", "the newest so many", countOf, 10)
    .option("--filter <field=values>", "only these; lists must all match", collect, [])
    .option("--follow", "go on until stopped, over restarts of the engine too", false)
    .option("--from <cursor>", "follow after this cursor", cursorOf, "")
    .action(async (flags: EventFlags) => {
      const isHalfAsked = flags.from !== "" && !flags.follow;
      const filter = isHalfAsked ? "--from needs --follow" : eventFilterOf(flags.filter);
      if (typeof filter !== "string") {
        await run(flags, (running) => tailEvents({ ...flags, filter }, running));
        return;
      }
      told.writeError(filter);
      done(USAGE);
    });

  const decisions = program.command("decisions").description("show what a running engine decided");
  const decisionCommand = (name: string, description: string): Command =>
    under(decisions, name, description)
      .option("--limit <n>", "the newest so many", countOf, 20)
      .addOption(new Option("--allowed", "only what was allowed").conflicts("denied"))
      .option("--denied", "only what was denied")
      .option("--client-id <id>", "about this client", "")
      .option("--policy-id <id>", "determined by a rule of this policy", "")
      .option("--rule-id <id>", "determined by a rule with this id", "")
      .option("--policy-type <type>", "of this type; network_security for connections", "")
      .option("--since <time>", "at or after this time, such as 2026-01-31T12:00:00Z", timeOf)
      .option("--until <time>", "before this time", timeOf);
  decisionCommand("list", "the newest decisions, newest first").action((flags: DecisionFlags) =>
    run(flags, (running) => listDecisions({ ...flags, filter: filterOf(flags) }, running)),
  );
  decisionCommand("tail", "the newest decisions, newest last; with --follow what comes, too")
    .option("--follow", "go on until stopped, over restarts of the engine too", false)
    .action((flags: DecisionFlags & { readonly follow: boolean }) =>
      run(flags, (running) => tailDecisions({ ...flags, filter: filterOf(flags) }, running)),
    );
}

function filterOf(flags: DecisionFlags): DecisionFilter {
  const { clientId, policyId, ruleId, policyType, since, until } = flags;
  const isAsked = flags.allowed ?? flags.denied ?? false;
  return {
    ...{ clientId, policyId, ruleId, policyType },
    ...(isAsked && { allowed: flags.allowed ?? false }),
    ...(since !== undefined && { startTimeMs: since }),
    ...(until !== undefined && { endTimeMs: until }),
  };
}

/** Ends what goes on when the process is asked to; asked twice, it ends at once. */
function onProcessSignal(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.once(name, abort);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of names) process.off(name, abort);
    },
  };
}

/** An empty one, as of a variable that is not set, would mean: from now on. */
function cursorOf(given: string): string {
  if (given !== "") return given;
  throw new InvalidArgumentError("must be a cursor; leave --from out to follow from now on");
}

function countOf(given: string): number {
  if (/^[1-9]\d{0,2}$|^1000$/.test(given)) return Number(given);
  throw new InvalidArgumentError("must be a whole number from 1 to 1000");
}

function timeOf(given: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : NaN;
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("must be a time such as 2026-01-31T12:00:00Z");
}

function collect(value: string, collected: readonly string[]): readonly string[] {
  return [...collected, value];
}
