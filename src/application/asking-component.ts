import { ownValue, type ValueMap } from "../core/values.js";

/** The component that asked, where its attributes tell, by the names of FLOPY-NET's components. */
export function componentOf(attributes: ValueMap): string {
  const named = textAt(attributes, "component");
  if (named !== "") return named;
  if (textAt(attributes, "server_id") !== "") return "fl-server";
  if (textAt(attributes, "client_id") !== "") return "fl-client";
  const source = textAt(attributes, "src_type");
  if (source !== "") return source;
  const operation = textAt(attributes, "operation");
  const word = OPERATION_WORDS.find(([part]) => operation.includes(part));
  return word?.[1] ?? UNKNOWN;
}

/** Who asked: the id that the attributes give. */
export function requesterOf(attributes: ValueMap): string {
  return (
    textAt(attributes, "requester_id") ||
    textAt(attributes, "client_id") ||
    textAt(attributes, "server_id") ||
    UNKNOWN
  );
}

const UNKNOWN = "unknown";
const OPERATION_WORDS: readonly (readonly [string, string])[] = [
  ["server", "fl-server"],
  ["client", "fl-client"],
  ["network", "sdn-controller"],
  ["policy", "policy-engine"],
];

function textAt(attributes: ValueMap, name: string): string {
  const value = ownValue(attributes, name);
  return typeof value === "string" ? value : "";
}
