import { z } from "zod";
import { says } from "./policy-document.js";

/** A policy function as written, one in a file. Strict: a misspelt key must not change its meaning. */
export const functionDocument = z.strictObject(
  {
    name: z.string(says("must be text", "is missing: write what conditions call it by")),
    description: z.string(says("must be text")).optional(),
    params: z.array(z.string(says("must be text")), says("must be a list of names")).optional(),
    expression: z.string(
      says("must be text", 'is missing: write a condition, such as "score >= least"'),
    ),
  },
  says("must be an object with `name`, `params` and `expression`"),
);
