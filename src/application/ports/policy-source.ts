import type { Policy } from "../../core/policy.js";
import type { ValueMap } from "../../core/values.js";

/** A policy with the words it was written in. */
export interface StoredPolicy {
  readonly policy: Policy;
  /** As in the file (documented words, unknown keys kept), with `id` filled in. */
  readonly document: ValueMap;
  readonly source: "file" | "default_file";
  /** The file it stands in, as configured. */
  readonly file: string;
  /** Opaque, at most 64 characters; differs when the content of the policy differs. */
  readonly etag: string;
}

/** Something wrong, or probably wrong, with a policy file. */
export interface PolicyIssue {
  readonly severity: "error" | "warning" | "info";
  /** Which check found it: an id of `docs/linting.md`. */
  readonly check?: string;
  /** File name as the operator gave it. */
  readonly file: string;
  /** Place in the document: `policies.fl-sec.rules[2].action`; empty for the whole document. */
  readonly path: string;
  /** From 1. Absent where the text has no such place (a missing file). */
  readonly line?: number;
  readonly column?: number;
  readonly policyId?: string;
  /** From 0. */
  readonly ruleIndex?: number;
  /** What is wrong. Lower case, no full stop. */
  readonly message: string;
  /** What to write instead; absent where nobody can know. */
  readonly suggestion?: string;
}

export interface LoadedPolicySet {
  /** The effective set: defaults, overridden and removed by the main file. */
  readonly policies: readonly StoredPolicy[];
  /** The policy functions that conditions of the set may call, one in a text. Absent: none. */
  readonly functions?: readonly { readonly name: string; readonly text: string }[];
  /** SHA-256, hex, of the canonical effective set and of its functions (without `version`, `updated_at`, `history`). */
  readonly contentHash: string;
  /** `version` of the main file (of the defaults where there is no main file); absent when not given. */
  readonly fileVersion?: number;
  /** The main file, as configured; for events and messages. */
  readonly file: string;
  /** Warnings and infos; a set with an error is not loaded. */
  readonly issues: readonly PolicyIssue[];
}

export type PolicyLoad =
  | { readonly ok: true; readonly set: LoadedPolicySet }
  | { readonly ok: false; /** At least one error. */ readonly issues: readonly PolicyIssue[] };

/** Where policy is kept. Loading is all or nothing. */
export interface PolicySource {
  load(): Promise<PolicyLoad>;
  /**
   * Calls `onChange` after the content may have changed: in-place write, rename or symlink swap,
   * within two seconds, and not while the content stays the same.
   * @returns A function that stops watching.
   */
  watch(onChange: () => void): () => void;
}
