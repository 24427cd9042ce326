import { describe, expect, it } from "vitest";
import { keysOfField, keysOfRequest } from "../../src/core/index-keys.js";
import { accessRequest } from "../../src/core/request.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { field } from "../support/index-rules.js";

describe("the keys that a field holds for are", () => {
  // prettier-ignore
  it.each<[says: string, key: string, value: Value, keys: readonly unknown[] | undefined]>([
    ["its text", "zone", "lab", ["lab"]],
    ["the text of its number", "round", 7, ["7"]],
    ["its number where no text equals that", "round", 1e21, [1e21]],
    ["true itself", "fast", true, [true]],
    ["each of several once", "zone", ["lab", "home", "lab"], ["lab", "home"]],
    ["one for a number and its text", "round", [7, "7"], ["7"]],
    ["the number of a protocol", "protocol", "TCP", [6]],
    ["each protocol once", "protocol", ["tcp", 6, "udp"], [6, 17]],
    ["none where it is no equality: an address", "src_ip", "10.0.0.0/8", undefined],
    ["a range", "src_ip_range", "10.0.0.1-10.0.0.9", undefined],
    ["a port", "dst_port", 80, undefined],
    ["what holds for everything", "zone", "any", undefined],
  ])("%s", (_says, key, value, keys) => {
    expect(keysOfField(field(key, value))).toEqual(keys);
  });
});

describe("the keys of a request are", () => {
  const attribute = (name: string) => ({ slot: 0, path: name.split("."), isProtocol: false });
  // prettier-ignore
  it.each<[says: string, attributes: ValueMap, keys: readonly unknown[]]>([
    ["its text", { a: "x" }, ["x"]],
    ["the text of its number", { a: 1.5 }, ["1.5"]],
    ["its number where no text equals that", { a: 1e21 }, [1e21]],
    ["false itself", { a: false }, [false]],
    ["each of a list once", { a: ["x", 1, "1", "x"] }, ["x", "1"]],
    ["those of a list that are any", { a: [null, ["x"], { b: 1 }, Number.NaN, "y"] }, ["y"]],
    ["one of a list of one", { a: ["x"] }, ["x"]],
    ["none of an empty list", { a: [] }, []],
    ["none where it is absent", {}, []],
    ["none where it is null", { a: null }, []],
    ["none of a map", { a: { x: 1 } }, []],
    ["none of what is no number", { a: Number.NaN }, []],
  ])("%s", (_says, attributes, keys) => {
    expect(keysOfRequest(attribute("a"), accessRequest("t", attributes))).toEqual(keys);
  });

  it("those of a nested attribute", () => {
    const request = accessRequest("t", { a: { b: "x" } });
    expect(keysOfRequest(attribute("a.b"), request)).toEqual(["x"]);
  });

  it("its protocols", () => {
    const protocol = { slot: 0, path: [], isProtocol: true };
    const request = accessRequest("t", { protocol: ["tcp", "17"] });
    expect(keysOfRequest(protocol, request)).toEqual([6, 17]);
  });
});
