import { describe, expect, it } from "vitest";
import { componentOf, requesterOf } from "../../src/application/asking-component.js";
import type { ValueMap } from "../../src/core/values.js";

// prettier-ignore
describe("who asked", () => {
  it.each<[says: string, attributes: ValueMap, component: string, requester: string]>([
    ["is unknown where nothing tells",                   {},                                                   "unknown",        "unknown"],
    ["is what says so itself",                           { component: "collector", requester_id: "r", client_id: "c" }, "collector", "r"],
    ["is the FL server that gives its id",               { server_id: "s", operation: "client_filter" },       "fl-server",      "s"],
    ["is the FL server, also of a check about a client", { server_id: "s", client_id: "c" },                   "fl-server",      "c"],
    ["is the FL client that gives its id",               { client_id: "c" },                                   "fl-client",      "c"],
    ["is the source of a connection",                    { src_type: "openvswitch" },                          "openvswitch",    "unknown"],
    ["follows from the operation: a server",             { operation: "server_start" },                        "fl-server",      "unknown"],
    ["follows from the operation: a client",             { operation: "client_selection" },                    "fl-client",      "unknown"],
    ["follows from the operation: the network",          { operation: "optimize_network" },                    "sdn-controller", "unknown"],
    ["is unknown for another operation",                 { operation: "constructor" },                         "unknown",        "unknown"],
    ["is no number, list or empty text",                 { component: 7, client_id: ["c"], server_id: "" },    "unknown",        "unknown"],
  ])("%s", (_says, attributes, component, requester) => {
    expect([componentOf(attributes), requesterOf(attributes)]).toEqual([component, requester]);
  });
});
