#!/usr/bin/env node
import { runCommandLine } from "./command-line.js";

/** As a shell tells of a program that SIGPIPE ended. */
const READER_HAS_GONE = 141;

// `| head` has read what it wanted: that is no error to tell anybody, and nothing is left to do.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(READER_HAS_GONE);
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
