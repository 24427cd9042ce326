import { closeSync, openSync } from "node:fs";
import {
  destination,
  type Level,
  multistream,
  pino,
  type StreamEntry,
  stdTimeFunctions,
} from "pino";
import type { Log } from "../../application/ports/log.js";

const LEVELS: ReadonlyMap<string, Level> = new Map([
  ["trace", "trace"],
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["warning", "warn"],
  ["error", "error"],
  ["critical", "fatal"],
  ["fatal", "fatal"],
]);

const SECRETS = [
  "authorization",
  "cookie",
  "password",
  "secret",
  "token",
  "adminToken",
  "accessToken",
];

/** Reads a level in any documented spelling (`INFO`, `WARNING`); undefined for another word. */
export function parseLogLevel(text: string): Level | undefined {
  return LEVELS.get(text.trim().toLowerCase());
}

export interface PinoLog extends Log {
  /** Closes the log file; what is logged afterwards goes to standard output only. */
  close(): void;
}

/**
 * The operator's log: one JSON object per line on standard output, and appended to `logFile` where
 * one is given. A file that cannot be written is a warning in the log, never an exit. Values under
 * names of secrets are replaced, down to two levels.
 *
 * @throws {RangeError} If `level` is not a level.
 */
export function createPinoLog(options: {
  readonly level: string;
  readonly logFile?: string;
  /** Descriptor to write to; 1, standard output, when not given. */
  readonly descriptor?: number;
}): PinoLog {
  const level = parseLogLevel(options.level);
  if (!level) {
    throw new RangeError(
      `LOG_LEVEL must be debug, info, warning, error or critical, got \`${options.level}\``,
    );
  }
  // Synchronous: the last lines before an exit are the ones that are needed.
  const streams: StreamEntry[] = [
    { level, stream: destination({ fd: options.descriptor ?? 1, sync: true }) },
  ];
  const file = options.logFile ? openLogFile(options.logFile) : undefined;
  let fileIsOpen = file?.descriptor !== undefined;
  if (file?.descriptor !== undefined) {
    const toFile = destination({ fd: file.descriptor, sync: true });
    toFile.on("error", (error: Error) => {
      if (!fileIsOpen) return; // It tells of one failed write more than once.
      fileIsOpen = false; // A full disk must not end the process.
      warnOfFile(error);
    });
    streams.push({ level, stream: { write: (line) => fileIsOpen && toFile.write(line) } });
  }

  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
      redact: SECRETS.flatMap((name) => [name, `*.${name}`]),
    },
    multistream(streams),
  );
  function warnOfFile(error: unknown): void {
    const facts = { logFile: options.logFile, error };
    logger.warn(facts, "LOG_FILE cannot be written: logging to standard output only");
  }
  if (file?.error) warnOfFile(file.error);

  return {
    debug: (facts, message) => {
      logger.debug(facts, message);
    },
    info: (facts, message) => {
      logger.info(facts, message);
    },
    warn: (facts, message) => {
      logger.warn(facts, message);
    },
    error: (facts, message) => {
      logger.error(facts, message);
    },
    close() {
      if (!fileIsOpen || file?.descriptor === undefined) return;
      fileIsOpen = false;
      closeSync(file.descriptor);
    },
  };
}

function openLogFile(path: string): { descriptor?: number; error?: unknown } {
  try {
    return { descriptor: openSync(path, "a", 0o640) };
  } catch (error) {
    return { error };
  }
}
