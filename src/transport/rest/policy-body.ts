import { z } from "zod";
import { invalidField } from "../../application/errors.js";
import type { Value, ValueMap } from "../../core/values.js";

/** A policy in the words of files, or `{type, data}` with the policy inside, as FLOPY-NET writes it. */
export const policyBody = z
  .looseObject({
    id: z.string().nullish(),
    name: z.string().nullish(),
    type: z.string().nullish(),
    description: z.string().nullish(),
    priority: z.number().nullish(),
    enabled: z.boolean().nullish(),
    rules: z.array(z.looseObject({})).nullish(),
    data: z.looseObject({}).nullish(),
  })
  .meta({ description: "A policy as in a policy file, or {type, data} with the policy as data" });

/**
 * The policy that a body holds. What is null there was not given: the dashboard sends every field of
 * its form.
 */
export function documentOfBody(body: z.output<typeof policyBody>): ValueMap {
  const { data, ...fields } = body;
  const isWrapped = data !== undefined && data !== null && !Array.isArray(fields.rules);
  const document = isWrapped ? { ...data, ...given({ id: fields.id, type: fields.type }) } : body;
  return given(document);
}

/**
 * What a body changes of the policy `id`.
 *
 * @throws {PdpError} REQUEST_INVALID: nothing, or another policy.
 */
export function changesOfBody(body: z.output<typeof policyBody>, id: string): ValueMap {
  const { id: named, ...changes } = documentOfBody(body);
  if (named !== undefined && named !== id) {
    throw invalidField("id", `must be \`${id}\`, the policy of the path, or be left out`);
  }
  if (Object.keys(changes).length === 0) {
    throw invalidField("body", "must hold at least one field to change");
  }
  return changes;
}

function given(fields: Readonly<Record<string, unknown>>): ValueMap {
  const entries = Object.entries(fields).filter(
    (field): field is [string, Value] => field[1] !== undefined && field[1] !== null,
  );
  return Object.fromEntries(entries);
}
