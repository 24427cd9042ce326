import { flagOf } from "./config-sources.js";
import { SETTINGS } from "./settings.js";

/** Every setting as a flag, a line each. */
export const FLAGS_HELP = [
  "Flags (docs/configuration.md):",
  ...Object.keys(SETTINGS).map((name) => `  ${flagOf(name)} <value>`),
].join("\n");
