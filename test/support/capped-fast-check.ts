// Stands in for fast-check while mutants are tried: every property runs on the same few values each
// time, however many runs it asks for.
import * as fc from "../../node_modules/fast-check/lib/fast-check.js";

const RUNS = 100;

fc.configureGlobal({ numRuns: RUNS, seed: 1, endOnFailure: true });

function assert<Values>(
  property: fc.IProperty<Values>,
  parameters: fc.Parameters<Values> = {},
): void {
  const numRuns = Math.min(parameters.numRuns ?? RUNS, RUNS);
  fc.assert(property, { ...parameters, numRuns });
}

const cappedFastCheck = { ...fc.default, assert };
export { cappedFastCheck as default };
