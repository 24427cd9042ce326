import { createNamesBeside, knownAttributes } from "../../application/known-attributes.js";
import type { LoggedDecision } from "../../application/ports/decision-log.js";
import { rememberTexts } from "../../application/remember-texts.js";
import type { Value } from "../../core/values.js";
import type { BodyWriter } from "./body-writer.js";

/**
 * Writes decisions as JSON, as `JSON.stringify` would, up to the order of what is in it. Why not that:
 * the same answer is given again and again, the same is known of a client, and the same names and
 * addresses come. Each is put into JSON once.
 *
 * @param ofText - The JSON of a text, remembered.
 */
export function createDecisionJson(
  ofText: (text: string) => string,
): (logged: LoggedDecision, to: BodyWriter) => void {
  const ofShared = createSharedJson();
  const openOfShared = createSharedJson((json) => json.subarray(0, -1));
  const namesBeside = createNamesBeside();
  const ofName = rememberTexts((name) => `,${JSON.stringify(name)}:`);

  function writeValue(name: string, value: Value, to: BodyWriter): void {
    if (typeof value === "string") to.text(ofText(value));
    // What the engine itself knows is one object for all decisions of a second.
    else if (name === "engine" && typeof value === "object" && value !== null) {
      to.bytes(ofShared(value));
    } else to.text(JSON.stringify(value));
  }

  function writeAttributes(logged: LoggedDecision, to: BodyWriter): void {
    const { attributes } = logged;
    const known = knownAttributes(logged);
    if (known) to.bytes(openOfShared(known));
    else to.text("{");
    let isFirst = !known;
    for (const name of namesBeside(attributes, known)) {
      const begin = ofName(name);
      to.text(isFirst ? begin.slice(1) : begin);
      isFirst = false;
      writeValue(name, attributes[name] ?? null, to);
    }
    to.text("}");
  }

  return (logged, to) => {
    const { requestId, trust, redactedPaths } = logged;
    to.text('{"decisionId":"');
    to.text(logged.decisionId);
    to.text('","timeMs":');
    to.text(String(logged.timeMs));
    to.text(',"policyType":');
    to.text(ofText(logged.policyType));
    to.text(',"clientId":');
    to.text(ofText(logged.clientId));
    to.text(',"requestId":');
    to.text(requestId === "" ? '""' : JSON.stringify(requestId));
    to.text(',"attributes":');
    writeAttributes(logged, to);
    to.text(',"decision":');
    to.bytes(ofShared(logged.decision));
    to.text(',"durationMs":');
    to.text(String(logged.durationMs));
    to.text(logged.redacted ? ',"redacted":true' : ',"redacted":false');
    if (trust) {
      to.text(',"trust":');
      to.bytes(ofShared(trust));
    }
    if (redactedPaths) to.text(`,"redactedPaths":${JSON.stringify(redactedPaths)}`);
    to.text("}");
  };
}

/** The JSON of objects that come again and again, as UTF-8. */
function createSharedJson(
  part: (json: Buffer) => Buffer = (json) => json,
): (shared: object) => Buffer {
  const known = new WeakMap<object, Buffer>();
  return (shared) => {
    let json = known.get(shared);
    if (!json) {
      json = part(Buffer.from(JSON.stringify(shared)));
      known.set(shared, json);
    }
    return json;
  };
}
