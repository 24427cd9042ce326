import { isList, type ValueMap } from "../../core/values.js";

/** The JSON text of documents, in short steps: an element of a list, such as a rule, is one. */
export function* documentsTextSteps(documents: readonly ValueMap[]): Generator<void, string> {
  const texts: string[] = [];
  for (const document of documents) texts.push(yield* documentText(document));
  return `[${texts.join()}]`;
}

function* documentText(document: ValueMap): Generator<void, string> {
  const members: string[] = [];
  for (const [key, value] of Object.entries(document)) {
    yield;
    const name = JSON.stringify(key);
    if (!isList(value)) {
      members.push(`${name}:${JSON.stringify(value)}`);
      continue;
    }
    const elements: string[] = [];
    for (const element of value) {
      yield;
      elements.push(JSON.stringify(element));
    }
    members.push(`${name}:[${elements.join()}]`);
  }
  return `{${members.join()}}`;
}
