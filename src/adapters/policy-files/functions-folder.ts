import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareIds } from "../../core/snapshot.js";
import { type FileContent, joinDigests, readFileContent } from "./read-file-content.js";

/** Most function files that are read. */
const MAX_FILES = 1000;

/** What stands in the folder of policy functions, at one moment. Hidden files are not looked at. */
export type FolderListing =
  | { readonly state: "missing" }
  /** `why` is a sentence about the folder. */
  | { readonly state: "unreadable"; readonly why: string }
  | {
      readonly state: "listed";
      /** Paths of the `.json` files, by code unit. */
      readonly files: readonly string[];
      /** Names of everything else. */
      readonly others: readonly string[];
    };

export interface FunctionsContent {
  readonly listing: FolderListing;
  readonly files: readonly { readonly name: string; readonly content: FileContent }[];
}

/** Never throws. */
export async function listFunctions(folder: string): Promise<FolderListing> {
  try {
    const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort(compareIds);
    const isFunction = (name: string): boolean => /\.json$/i.test(name);
    const files = names.filter(isFunction).map((name) => join(folder, name));
    return listingOf(
      files,
      names.filter((name) => !isFunction(name)),
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { state: "missing" };
    if (code === "ENOTDIR") return { state: "unreadable", why: "this is not a folder" };
    return { state: "unreadable", why: `the folder cannot be read: ${message}` };
  }
}

function listingOf(files: readonly string[], others: readonly string[]): FolderListing {
  if (files.length <= MAX_FILES) return { state: "listed", files, others };
  const why = `there are more than ${MAX_FILES} policy functions, the most that are read`;
  return { state: "unreadable", why };
}

/** The folder once `file` has this content. */
export function withFunctionFile(
  folder: FunctionsContent,
  file: string,
  content: FileContent,
): FunctionsContent {
  const { listing } = folder;
  const kept = folder.files.filter(({ name }) => name !== file);
  const files =
    content.state === "missing"
      ? kept
      : [...kept, { name: file, content }].sort((left, right) => compareIds(left.name, right.name));
  const names = files.map(({ name }) => name);
  return { listing: listingOf(names, listing.state === "listed" ? listing.others : []), files };
}

export async function readFunctionsFolder(folder: string): Promise<FunctionsContent> {
  const listing = await listFunctions(folder);
  const files = [];
  // One after the other: a thousand files at once are more than a process may open.
  for (const name of functionFiles(listing)) {
    files.push({ name, content: await readFileContent(name) });
  }
  return { listing, files };
}

export function functionFiles(listing: FolderListing): readonly string[] {
  return listing.state === "listed" ? listing.files : [];
}

/** Equal for equal names and content. @param digests - Of `functionFiles`, in their order. */
export function digestOfFunctions(listing: FolderListing, digests: readonly string[]): string {
  if (listing.state !== "listed") return JSON.stringify(listing);
  return joinDigests([JSON.stringify(listing.files), ...digests, JSON.stringify(listing.others)]);
}
