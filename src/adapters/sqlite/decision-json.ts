import type { LoggedDecision } from "../../application/ports/decision-log.js";
import type { Value, ValueMap } from "../../core/values.js";

/**
 * Writes decisions as JSON, as `JSON.stringify` would, up to the order of attributes. The same answer
 * is given again and again, and the same is known of a client: each is written once.
 */
export function createDecisionJson(): (logged: LoggedDecision) => string {
  const textOf = createTexts();
  return (logged) => {
    const { decision, attributes, clientAttributes } = logged;
    const beside = clientAttributes && attributesBeside(attributes, clientAttributes);
    const rest = JSON.stringify({
      ...logged,
      decision: undefined,
      clientAttributes: undefined,
      attributes: undefined,
    });
    const attributesText =
      clientAttributes && beside
        ? joined(textOf(clientAttributes), JSON.stringify(beside))
        : JSON.stringify(attributes);
    return `${rest.slice(0, -1)},"attributes":${attributesText},"decision":${textOf(decision)}}`;
  };
}

function createTexts(): (shared: object) => string {
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

/**
 * The attributes that are not of `known`; undefined where `attributes` does not hold all that is known,
 * because something was redacted, or the caller had more to say of the client.
 */
function attributesBeside(attributes: ValueMap, known: ValueMap): ValueMap | undefined {
  const beside: Record<string, Value> = {};
  let missing = Object.keys(known).length;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name] ?? null;
    if (Object.hasOwn(known, name) && known[name] === value) missing -= 1;
    else beside[name] = value;
  }
  return missing === 0 ? beside : undefined;
}

/** Two JSON objects, of which the first has a key, as one. */
function joined(one: string, other: string): string {
  return other === "{}" ? one : `${one.slice(0, -1)},${other.slice(1)}`;
}
