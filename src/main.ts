#!/usr/bin/env node
import { runEngine } from "./run-engine.js";

process.exitCode = await runEngine({ argv: process.argv.slice(2), env: process.env });
