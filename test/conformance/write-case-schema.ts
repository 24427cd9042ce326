import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { z } from "zod";
import { caseFile } from "./conformance-case.js";

// npx tsx test/conformance/write-case-schema.ts, after a change of the format.
const schema = JSON.stringify(z.toJSONSchema(caseFile, { io: "input" }));
const text = await format(schema, { parser: "json", printWidth: 100 });
writeFileSync(new URL("case.schema.json", import.meta.url), text);
