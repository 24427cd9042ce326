import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { policySchema } from "../src/adapters/policy-files/policy-schema.js";

const FILE = fileURLToPath(new URL("../policies/policy.schema.json", import.meta.url));

/** The text of policies/policy.schema.json. */
export function policySchemaText(): string {
  return `${JSON.stringify(policySchema(), null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, policySchemaText());
