import { DefaultDeserializer, DefaultSerializer } from "node:v8";

/** Entries of a list that are written in one step: some tenths of a millisecond. */
const ENTRIES_AT_ONCE = 2048;
/** The first value of what is written here, which `serialize` of `node:v8` does not write. */
const IN_STEPS = "in steps";

/** What comes next; in databases. */
const WHOLE = 0;
const OBJECT = 1;
const LIST_OF_OBJECTS = 2;
const LIST = 3;
const MAP = 4;
const SET = 5;

/**
 * A plain value as bytes, in the format of `node:v8`, but in steps: objects and lists are taken apart,
 * down to what is written at once. The bytes have their memory to themselves.
 */
export function* serializeSteps(value: unknown): Generator<void, Uint8Array> {
  const to = new DefaultSerializer();
  to.writeHeader();
  to.writeValue(IN_STEPS);
  yield* writeSteps(to, value);
  return to.releaseBuffer();
}

function* writeSteps(to: DefaultSerializer, value: unknown): Generator<void, void> {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (list.length > 0 && list.every((item) => typeof item === "object" && item !== null)) {
      to.writeUint32(LIST_OF_OBJECTS);
      to.writeUint32(list.length);
      for (const item of list) yield* writeSteps(to, item);
    } else yield* writeListSteps(to, LIST, list);
  } else if (value instanceof Map) yield* writeListSteps(to, MAP, [...value]);
  else if (value instanceof Set) yield* writeListSteps(to, SET, [...value]);
  else if (isPlain(value)) {
    const keys = Object.keys(value);
    to.writeUint32(OBJECT);
    to.writeValue(keys);
    for (const key of keys) yield* writeSteps(to, value[key]);
  } else {
    to.writeUint32(WHOLE);
    to.writeValue(value);
    yield;
  }
}

function* writeListSteps(
  to: DefaultSerializer,
  kind: number,
  list: readonly unknown[],
): Generator<void, void> {
  to.writeUint32(kind);
  to.writeUint32(Math.ceil(list.length / ENTRIES_AT_ONCE));
  for (let start = 0; start < list.length; start += ENTRIES_AT_ONCE) {
    to.writeValue(list.slice(start, start + ENTRIES_AT_ONCE));
    yield;
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** The value again; also of what `serialize` of `node:v8` wrote. It may share memory with `bytes`. */
export function* deserializeSteps(bytes: Uint8Array): Generator<void, unknown> {
  const from = new DefaultDeserializer(bytes);
  from.readHeader();
  const first: unknown = from.readValue();
  return first === IN_STEPS ? yield* readSteps(from) : first;
}

function* readSteps(from: DefaultDeserializer): Generator<void, unknown> {
  const kind = from.readUint32();
  switch (kind) {
    case WHOLE:
      yield;
      return from.readValue() as unknown;
    case OBJECT: {
      const value: Record<string, unknown> = {};
      for (const key of from.readValue() as readonly string[]) value[key] = yield* readSteps(from);
      return value;
    }
    case LIST_OF_OBJECTS: {
      const list: unknown[] = [];
      for (let left = from.readUint32(); left > 0; left -= 1) list.push(yield* readSteps(from));
      return list;
    }
    case LIST: {
      const list: unknown[] = [];
      yield* readListSteps(from, (item) => list.push(item));
      return list;
    }
    case MAP: {
      const map = new Map<unknown, unknown>();
      yield* readListSteps(from, (entry) => map.set(...(entry as [unknown, unknown])));
      return map;
    }
    case SET: {
      const set = new Set<unknown>();
      yield* readListSteps(from, (item) => set.add(item));
      return set;
    }
    default:
      throw new Error(`the bytes are not of this format: ${kind} stands for nothing`);
  }
}

function* readListSteps(
  from: DefaultDeserializer,
  take: (item: unknown) => void,
): Generator<void, void> {
  for (let left = from.readUint32(); left > 0; left -= 1) {
    for (const item of from.readValue() as readonly unknown[]) take(item);
    yield;
  }
}
