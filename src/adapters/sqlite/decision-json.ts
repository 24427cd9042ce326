import { knownAttributes } from "../../application/known-attributes.js";
import type { LoggedDecision } from "../../application/ports/decision-log.js";
import type { Value } from "../../core/values.js";

/**
 * Writes decisions as JSON, as `JSON.stringify` would, up to the order of what is in it. Why not that:
 * the same answer is given again and again, the same is known of a client, and the same names and
 * addresses come. Each is written once, and joined after that.
 *
 * @param ofText - The JSON of a text, remembered.
 */
export function createDecisionJson(
  ofText: (text: string) => string,
): (logged: LoggedDecision) => string {
  const ofShared = createSharedTexts();
  const ofValue = (value: Value): string =>
    typeof value === "string" ? ofText(value) : JSON.stringify(value);

  function attributesText(logged: LoggedDecision): string {
    const { attributes } = logged;
    const known = knownAttributes(logged);
    let text = known ? ofShared(known).slice(0, -1) : "{";
    let separator = known ? "," : "";
    for (const name of Object.keys(attributes)) {
      if (known && Object.hasOwn(known, name)) continue;
      const value = attributes[name] ?? null;
      // What the engine itself knows is one object for all decisions of a second.
      const isShared = name === "engine" && typeof value === "object" && value !== null;
      text += `${separator}${ofText(name)}:${isShared ? ofShared(value) : ofValue(value)}`;
      separator = ",";
    }
    return `${text}}`;
  }

  return (logged) => {
    const { requestId, trust, redactedPaths } = logged;
    const text =
      `{"decisionId":"${logged.decisionId}","timeMs":${logged.timeMs},` +
      `"policyType":${ofText(logged.policyType)},"clientId":${ofText(logged.clientId)},` +
      `"requestId":${requestId === "" ? '""' : JSON.stringify(requestId)},` +
      `"attributes":${attributesText(logged)},"decision":${ofShared(logged.decision)},` +
      `"durationMs":${logged.durationMs},"redacted":${logged.redacted}`;
    const ofTrust = trust ? `,"trust":${ofShared(trust)}` : "";
    const ofRedacted = redactedPaths ? `,"redactedPaths":${JSON.stringify(redactedPaths)}` : "";
    return `${text}${ofTrust}${ofRedacted}}`;
  };
}

/** The JSON of objects that come again and again. */
function createSharedTexts(): (shared: object) => string {
  const texts = new WeakMap<object, string>();
  return (shared) => {
    let text = texts.get(shared);
    if (text === undefined) {
      text = JSON.stringify(shared);
      texts.set(shared, text);
    }
    return text;
  };
}
