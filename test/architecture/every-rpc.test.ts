import {
  createFileRegistry,
  type DescExtension,
  type DescMethod,
  fromBinary,
  getExtension,
  toJson,
} from "@bufbuild/protobuf";
import { FieldDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { descriptorSetBytes } from "../../src/gen/descriptor-set.js";

const PACKAGE = "flopynet.policy.v1";
const PROTO_FOLDER = new URL("../../proto/flopynet/policy/v1/", import.meta.url);

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSetBytes()));
const files = [...registry.files].filter((file) => file.proto.package === PACKAGE);
const methods = files.flatMap((file) => file.services.flatMap((service) => service.methods));
const httpExtension = registry.getExtension("google.api.http");

interface HttpRule {
  readonly pattern: { readonly case?: string; readonly value?: string };
  readonly body: string;
  readonly responseBody: string;
}

function httpRule(method: DescMethod, http: DescExtension | undefined): HttpRule | undefined {
  if (http === undefined || method.proto.options === undefined) return undefined;
  return getExtension(method.proto.options, http) as HttpRule;
}

/** As a person would write it: `post /v1/policies:check body=* response=`. */
function route(method: DescMethod): string {
  const rule = httpRule(method, httpExtension);
  if (rule === undefined) return "none";
  const { pattern, body, responseBody } = rule;
  return `${pattern.case ?? ""} ${pattern.value ?? ""} body=${body} response=${responseBody}`;
}

const isBidi = (method: DescMethod) => method.methodKind === "bidi_streaming";

describe("every RPC", () => {
  it("is in the descriptor set, and the descriptor set is what proto/ says", () => {
    const declared = protoLines().filter(({ line }) => /^\s*rpc /.test(line));
    expect(methods.map((method) => method.name).toSorted()).toEqual(
      declared.map(({ line }) => /rpc (\w+)/.exec(line)?.[1]).toSorted(),
    );
    expect(methods.length).toBeGreaterThanOrEqual(10);
  });

  it.each(methods.filter((method) => !isBidi(method)).map((method) => [method.name, method]))(
    "%s has a route under /v1/",
    (_name, method) => {
      expect(route(method)).toMatch(
        /^((get|delete) \/v1\/[\w/{}.:]+ body=|(post|put|patch) \/v1\/[\w/{}.:]+ body=(\*|policy)) response=(policy)?$/,
      );
    },
  );

  it.each(methods.filter(isBidi).map((method) => [method.name, method]))(
    "%s streams both ways and has no route",
    (_name, method) => {
      expect(route(method)).toBe("none");
    },
  );

  it("has a route that no other has", () => {
    const routes = methods.filter((method) => !isBidi(method)).map(route);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it.each(methods.map((method) => [method.name, method]))(
    "%s has a request and a response of its own",
    (name, method) => {
      expect([method.input.name, method.output.name]).toEqual([
        `${name}Request`,
        `${name}Response`,
      ]);
    },
  );
});

it("every service, RPC, message, field, enum and enum value has a comment", () => {
  const declaration = /^\s*(service|rpc|message|enum|oneof) \w|^\s*[\w. ]+ = \d+[ ;]/;
  const declarations = protoLines().filter(({ line }) => declaration.test(line));
  const silent = declarations.filter(({ before }) => !/^\s*\/\/ \S/.test(before));

  expect(declarations.length).toBeGreaterThan(200);
  expect(silent.map(({ place, line }) => `${place}: ${line.trim()}`)).toEqual([]);
});

it("CheckPolicyResponse has the fields of CheckConnectionResponse, name by name and number by number", () => {
  const policy = fieldsOf("CheckPolicyResponse");
  expect(policy).toEqual(fieldsOf("CheckConnectionResponse"));
  expect(policy.length).toBeGreaterThanOrEqual(14);
});

function fieldsOf(messageName: string): unknown[] {
  const message = registry.getMessage(`${PACKAGE}.${messageName}`);
  return (message?.fields ?? []).map((field) => toJson(FieldDescriptorProtoSchema, field.proto));
}

function protoLines(): { place: string; line: string; before: string }[] {
  return readdirSync(PROTO_FOLDER).flatMap((name) => {
    const lines = readFileSync(new URL(name, PROTO_FOLDER), "utf8").split("\n");
    return lines.map((line, index) => ({
      place: `${name}:${index + 1}`,
      line,
      before: lines[index - 1] ?? "",
    }));
  });
}
