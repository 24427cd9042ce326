import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionViolations, isConnectionField } from "../../src/core/connection-violations.js";
import type { Value, ValueMap } from "../../src/core/values.js";
import { anyValueMap } from "../support/arbitrary-values.js";

describe("connectionViolations", () => {
  // prettier-ignore
  it.each<[says: string, field: string, value: Value]>([
    ["null is not given",                           "src_ip", null],
    ["an empty text is not given",                  "client_id", ""],
    ["an empty text is no address either",          "dst_ip", ""],
    ["nor a port",                                  "dst_port", ""],
    ["nor a protocol",                              "protocol", ""],
    ["an IPv4 address",                             "src_ip", "10.0.0.1"],
    ["an IPv6 address",                             "dst_ip", "2001:db8::1"],
    ["a mapped address",                            "dst_ip", "::ffff:10.0.0.1"],
    ["port 1",                                      "src_port", 1],
    ["port 65535",                                  "dst_port", 65_535],
    ["a protocol in any case",                      "protocol", "TCP"],
    ["a protocol as decimal text",                  "protocol", "255"],
    ["a protocol that nobody knows",                "protocol", "foo"],
    ["a component type that nobody defined",        "src_type", "fl client/7 \u00fc"],
    ["a component type of 256 characters",          "dst_type", "\u00fc".repeat(256)],
    ["a client id of one character",                "client_id", "x"],
    ["a client id of 256 characters",               "client_id", "x".repeat(256)],
    ["256 characters beyond the basic plane",       "client_id", "\u{1F600}".repeat(256)],
    ["a SPIFFE id",                                 "client_id", "spiffe://example.org/ns/a:b"],
    ["a client id with a blank",                    "client_id", "client 7"],
    ["a request id of 1,024 characters",            "request_id", "x".repeat(1_024)],
    ["any request id",                              "request_id", "line\nbreak"],
    ["a name that is no field of a connection",     "device", { any: Number.NaN }],
  ])("accepts %s", (_says, field, value) => {
    expect(connectionViolations({ [field]: value }, "")).toEqual([]);
    expect(connectionViolations({ [field]: value }, "context.")).toEqual([]);
  });

  const ADDRESS = "must be an IPv4 or IPv6 address without zone or prefix length, got";
  const PROTOCOL = "must be a name such as tcp, or a number from 0 to 255, got";
  const CLIENT = "must be text of 1 to 256 printable characters, got";
  // prettier-ignore
  it.each<[field: string, value: Value, rule: string]>([
    ["src_ip", "010.0.0.1", `${ADDRESS} "010.0.0.1"`],
    ["src_ip", "10.0.0.0/8", `${ADDRESS} "10.0.0.0/8"`],
    ["dst_ip", "fe80::1%eth0", `${ADDRESS} "fe80::1%eth0"`],
    ["dst_ip", "unknown", `${ADDRESS} "unknown"`],
    ["dst_ip", ["10.0.0.1"], `${ADDRESS} a list`],
    ["dst_ip", 5, `${ADDRESS} 5`],
    ["src_ip", "x".repeat(100), `${ADDRESS} "${"x".repeat(64)}…"`],
    ["dst_port", 70_000, "must be from 1 to 65535, got 70000"],
    ["src_port", 0, "must be from 1 to 65535, got 0"],
    ["src_port", -1, "must be from 1 to 65535, got -1"],
    ["src_port", 1.5, "must be from 1 to 65535, got 1.5"],
    ["src_port", Number.NaN, "must be from 1 to 65535, got NaN"],
    ["dst_port", "http", 'must be from 1 to 65535, got "http"'],
    ["dst_port", "08080", 'must be from 1 to 65535, got "08080"'],
    ["dst_port", [80], "must be from 1 to 65535, got a list"],
    ["protocol", "256", `${PROTOCOL} "256"`],
    ["protocol", 256, `${PROTOCOL} 256`],
    ["protocol", "t c p", `${PROTOCOL} "t c p"`],
    ["protocol", true, `${PROTOCOL} true`],
    ["protocol", ["tcp"], `${PROTOCOL} a list`],
    ["client_id", "x".repeat(257), `${CLIENT} "${"x".repeat(64)}…"`],
    ["client_id", "a\nb", `${CLIENT} "a\\nb"`],
    ["client_id", "a\u0000", `${CLIENT} "a\\u0000"`],
    ["client_id", "\u2028", `${CLIENT} "\u2028"`],
    ["client_id", "\ud800", `${CLIENT} "\\ud800"`],
    ["client_id", "fl\u200bclient", `${CLIENT} "fl\u200bclient"`],
    ["client_id", "\u202etneilc", `${CLIENT} "\u202etneilc"`],
    ["client_id", "client\u00ad7", `${CLIENT} "client\u00ad7"`],
    ["client_id", 7, `${CLIENT} 7`],
    ["client_id", ["a"], `${CLIENT} a list`],
    ["src_type", 7, "must be text, got 7"],
    ["dst_type", {}, "must be text, got an object"],
    ["dst_type", ["fl-server"], "must be text, got a list"],
    ["src_type", "x".repeat(257), `must have at most 256 characters, got "${"x".repeat(64)}…"`],
    ["src_type", "fl-client\u200b", 'must have printable characters, got "fl-client\u200b"'],
    ["dst_type", "fl-server\n", 'must have printable characters, got "fl-server\\n"'],
    ["src_type", "\udc00", 'must be well-formed text, got "\\udc00"'],
    ["request_id", "x".repeat(1_025), `must have at most 1024 characters, got "${"x".repeat(64)}…"`],
    ["request_id", false, "must be text, got false"],
  ])("refuses %s of %j", (field, value, rule) => {
    expect(connectionViolations({ [field]: value }, "")).toEqual([{ field, rule }]);
    const inContext = { field: `context.${field}`, rule };
    expect(connectionViolations({ [field]: value }, "context.")).toEqual([inContext]);
  });

  it.each<[says: string, fields: ValueMap]>([
    ["a port as decimal text", { dst_port: "8080" }],
    ["a protocol as a number", { protocol: 6 }],
  ])("accepts %s in a context only", (_says, fields) => {
    expect(connectionViolations(fields, "context.")).toEqual([]);
    expect(connectionViolations(fields, "")).toHaveLength(1);
  });

  it("names every field that breaks a rule", () => {
    const fields = { dst_port: 70_000, src_ip: "x", protocol: "tcp", client_id: "\n" };
    const names = connectionViolations(fields, "").map(({ field }) => field);
    expect(names).toEqual(["client_id", "src_ip", "dst_port"]);
  });

  it("takes any attributes, and looks at the fields of a connection only", () => {
    fc.assert(
      fc.property(anyValueMap, (attributes) => {
        const names = connectionViolations(attributes, "").map(({ field }) => field);
        expect(names.filter((name) => !isConnectionField(name))).toEqual([]);
      }),
    );
  });
});
