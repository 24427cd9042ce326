/**
 * Lets the servers under test run the engine as it is shipped, from `dist`: what tsx makes of the
 * sources keeps a name for every closure, and answers a sixth slower.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const SOURCES = new URL("../src/", import.meta.url).href;
const BUILT = new URL("../dist/", import.meta.url).href;

if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, nextResolve) {
  const asked = specifier.startsWith(".") && new URL(specifier, context.parentURL).href;
  if (!asked || !(asked.startsWith(SOURCES) || asked.startsWith(BUILT))) {
    return nextResolve(specifier, context);
  }
  return { url: asked.replace(SOURCES, BUILT), format: "module", shortCircuit: true };
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith(BUILT)) return nextLoad(url, context);
  return { format: "module", source: await readFile(new URL(url)), shortCircuit: true };
}
