import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { flagOf } from "../src/config/config-sources.js";
import { IGNORED_SETTINGS, nodeIp, SETTINGS, type Setting } from "../src/config/settings.js";

const DOC = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));

/** The text of docs/configuration.md, from the one table of settings. */
export function configurationDoc(): string {
  const rows = Object.entries(SETTINGS).map(([name, setting]) => row(name, setting));
  const ignored = [...IGNORED_SETTINGS].map(([name, why]) => `- \`${name}\` ${why}.`);
  return `<!-- Generated from src/config/settings.ts by \`npm run generate\`. Do not edit. -->

# Configuration

A setting is given as a flag (\`npm start -- --grpc-port 0\`), in the environment (\`GRPC_PORT=0\`) or, for some, in
the file that \`POLICY_CONFIG\` names. A flag wins over the environment, the environment over the file, the file over
the default. An empty value is "not given". \`npx flopynet-policy config\` prints what is in force and where it came
from. Every problem is reported at once, and the engine does not start: exit code 2 when a flag is wrong, else 1.

No setting is a secret.

| setting | flag | default | limit | meaning |
| --- | --- | --- | --- | --- |
${[...rows, row("NODE_IP_*", nodeIp)].join("\n")}

## \`policy_config.json\`

\`host\`, \`port\` (\`POLICY_PORT\`), \`metrics_port\`, \`log_level\`, \`log_file\`, \`policy_file\` and \`node_ip_*\` are the
settings of those names. \`policy_id\`, \`policy_ip\`, \`collector_host\`, \`fl_server_port\` and
\`collector_port\` are accepted and have no effect. Any other key is refused by name.

## Accepted, without effect

Each is named once in the log when it is given.

${ignored.join("\n")}
`;
}

function row(name: string, { fallback, rule, about }: Setting<unknown>): string {
  const cells = [`\`${name}\``, `\`${flagOf(name)}\``, defaultOf(fallback), rule, `${about}.`];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultOf(fallback: unknown): string {
  if (fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)) return "none";
  if (typeof fallback === "object") return "none";
  return `\`${typeof fallback === "boolean" ? Number(fallback) : String(fallback)}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOC, configurationDoc());
