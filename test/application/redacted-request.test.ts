import { expect, it } from "vitest";
import { redactedRequest } from "../../src/application/redacted-request.js";
import type { ValueMap } from "../../src/core/values.js";

// prettier-ignore
it.each<[says: string, look: (attributes: ValueMap) => unknown, needed: boolean]>([
  ["reads it",                 (map) => map["gone"],                                    true],
  ["asks whether it is there", (map) => "gone" in map,                                  true],
  ["asks for an own key",      (map) => Object.hasOwn(map, "gone"),                     true],
  ["asks for all names",       (map) => Object.keys(map),                               true],
  ["reads it inside a map",    (map) => (map["client"] as ValueMap)["region"],          true],
  ["reads something else",     (map) => [map["here"], (map["client"] as ValueMap)["score"]], false],
])("what was left out of a request is needed by who %s: %#", (_says, look, needed) => {
  const attributes = { here: 1, client: { score: 0.5 } };
  const { request, wasNeeded } = redactedRequest("t", attributes, ["gone", "client.region"]);
  look(request.attributes);
  expect(wasNeeded()).toBe(needed);
});
