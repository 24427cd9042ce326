import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { ENGINE_VERSION } from "../src/engine.js";
import { createDescriptorRegistry } from "../src/transport/descriptors.js";
import { describeEngine } from "../src/transport/rest/openapi/describe-engine.js";

const FILE = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));

/** The text of docs/openapi.json. */
export function openApiText(): Promise<string> {
  const document = describeEngine(createDescriptorRegistry(), ENGINE_VERSION);
  return format(JSON.stringify(document), { parser: "json", printWidth: 100 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, await openApiText());
