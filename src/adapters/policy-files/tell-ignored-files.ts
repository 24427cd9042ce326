import { join } from "node:path";
import type { Log } from "../../application/ports/log.js";
import type { FolderListing } from "./functions-folder.js";
import { EXAMPLE } from "./read-policy-functions.js";

const CODE = /\.(?:py[cwi]?|ipynb|[cm]?js|[cm]?ts|jsx|tsx)$/i;
const MOST_NAMED = 10;

/**
 * Names in the log what the folder of policy functions has besides functions: each name once, however
 * often the folder is read.
 */
export function createIgnoredFilesTeller(
  folder: string,
  log: Log,
): (listing: FolderListing) => void {
  const told = new Set<string>();

  function isNew(name: string): boolean {
    const before = told.size;
    return told.add(name).size > before;
  }

  return (listing) => {
    if (listing.state === "missing" && isNew("")) {
      log.warn({ folder }, `the POLICY_FUNCTIONS_DIR ${folder} is missing: no policy functions`);
    }
    if (listing.state !== "listed") return;
    const names = listing.others.filter(isNew);
    for (const name of names.filter((other) => CODE.test(other))) {
      log.warn(
        { file: join(folder, name) },
        `${join(folder, name)} is not executed, code never is: write what it decides as a JSON file, such as ${EXAMPLE}`,
      );
    }
    const others = names.filter((other) => !CODE.test(other));
    if (others.length === 0) return;
    const rest = others.length - MOST_NAMED;
    const shown = [...others.slice(0, MOST_NAMED), ...(rest > 0 ? [`${rest} more`] : [])];
    const facts = { folder, names: shown };
    log.info(facts, `ignored in ${folder}, where functions are .json files: ${shown.join(", ")}`);
  };
}
