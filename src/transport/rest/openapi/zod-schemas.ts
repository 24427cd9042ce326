import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";

/** JSON Schema of what callers write (before anything is transformed) and read. */
export interface ZodSchemas {
  /** A schema with an id is a reference to its component. */
  of(schema: z.ZodType): JsonObject;
  /** Those with an id that were met so far, by id. */
  components(): JsonObject;
}

export function createZodSchemas(): ZodSchemas {
  const made: JsonObject = {};
  return {
    of(schema) {
      const text = JSON.stringify(
        z.toJSONSchema(schema, {
          ...{ target: "draft-2020-12", io: "input", unrepresentable: "any" },
        }),
      );
      const { $defs = {}, ...whole } = JSON.parse(
        text.replaceAll("#/$defs/", "#/components/schemas/"),
      ) as JsonObject & { readonly $defs?: Record<string, JsonObject> };
      for (const [id, json] of Object.entries($defs)) made[id] = plain(json);
      if (typeof whole["id"] !== "string") return plain(whole);
      made[whole["id"]] = plain(whole);
      return { $ref: `#/components/schemas/${whole["id"]}` };
    },
    components: () => made,
  };
}

function plain(json: JsonObject): JsonObject {
  const { $schema: _dialect, id: _id, ...rest } = json;
  return rest;
}
