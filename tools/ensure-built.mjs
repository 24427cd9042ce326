// What `npm start` and `npm test` do first: install and build when needed. Plain Node, no packages.
// As a command: does both; with --build it builds even when nothing changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LEAST_NODE = [20, 19];
const ABANDONED_MS = 600_000;

/** Ends the process with one line unless Node is recent enough. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(`Node ${LEAST_NODE.join(".")} or later is needed, this is ${process.versions.node}`);
}

/** Runs `npm ci` unless node_modules holds what package-lock.json says. */
export function ensureInstalled() {
  if (isInstalled()) return;
  say("installing packages (npm ci)");
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const done = npm?.endsWith("js")
    ? spawnSync(process.execPath, [npm, ...args], { cwd: ROOT, stdio: ["ignore", 1, 2] })
    : spawnSync("npm", args, {
        cwd: ROOT,
        stdio: ["ignore", 1, 2],
        shell: process.platform === "win32",
      });
  if (done.status !== 0) fail("npm ci failed: see above");
}

/** Compiles src into dist unless dist was built from exactly these sources. */
export function ensureBuilt({ force = false } = {}) {
  const dist = join(ROOT, "dist");
  const stamp = sourcesHash();
  if (!force && readIfThere(join(dist, ".build-stamp")) === stamp) return;
  say("building (src -> dist)");

  // Built aside and moved at the end: a build that was killed is never taken for a good one, and two
  // builds at once do not mix.
  const fresh = join(ROOT, `dist-${process.pid}`);
  const args = ["-p", "tsconfig.build.json", "--outDir", fresh];
  args.push("--tsBuildInfoFile", join(fresh, ".tsbuildinfo"));
  if (run("node_modules/typescript/bin/tsc", args) !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail("the build failed: see above");
  }
  writeFileSync(join(fresh, ".build-stamp"), stamp);

  const old = `${fresh}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
  removeAbandonedBuilds();
}

/** Runs a script of a package with this Node. @returns Its exit code; 1 when a signal ended it. */
export function run(script, args = []) {
  return (
    spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: "inherit" })
      .status ?? 1
  );
}

export function say(text) {
  console.log(`flopynet-policy: ${text}`);
}

export function fail(text) {
  console.error(`flopynet-policy: ${text}`);
  process.exit(1);
}

// npm writes node_modules/.package-lock.json last, so an install that was killed has none.
function isInstalled() {
  const installed = readIfThere(join(ROOT, "node_modules/.package-lock.json"));
  if (installed === undefined) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([path, { version, integrity, optional }]) =>
      path === "" || // This package itself.
      (optional && have[path] === undefined) || // For another platform.
      (have[path]?.version === version && have[path]?.integrity === integrity),
  );
}

function sourcesHash() {
  const hash = createHash("sha256");
  const sources = readdirSync(join(ROOT, "src"), { recursive: true }).map((path) =>
    join("src", path),
  );
  const all = [...sources.sort(), "tsconfig.json", "tsconfig.build.json", "package-lock.json"];
  for (const path of all) {
    if (!statSync(join(ROOT, path)).isFile()) continue;
    const content = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function removeAbandonedBuilds() {
  for (const name of readdirSync(ROOT).filter((name) => /^dist-\d+(-old)?$/.test(name))) {
    const path = join(ROOT, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const command = process.argv[1];
if (command !== undefined && realpathSync(command) === fileURLToPath(import.meta.url)) {
  requireNode();
  ensureInstalled();
  ensureBuilt({ force: process.argv.includes("--build") });
}
