import type { ValueMap } from "../../core/values.js";
import type { PolicyLoad } from "./policy-source.js";

export type PolicyEdit = PolicyDocumentEdit | PolicyFunctionEdit;

/** What a change does to the effective set. Documents carry their `id`. */
export type PolicyDocumentEdit =
  | { readonly kind: "put"; readonly document: ValueMap }
  | { readonly kind: "delete"; readonly policyId: string }
  /** These policies and no others. */
  | { readonly kind: "replace"; readonly documents: readonly ValueMap[] };

/** The policy function in `file` becomes this text; without one the file is taken away. */
export interface PolicyFunctionEdit {
  readonly kind: "function";
  readonly file: string;
  readonly text?: string;
}

/** A change that was tried and not made. */
export interface PlannedEdit {
  /** What loading it would give: the set, or everything that is wrong with it. */
  readonly load: PolicyLoad;
  /**
   * Makes it, durably, under this number. Whoever fails does not know whether it was made: the next
   * load tells.
   *
   * @throws {PdpError} FILE_CHANGED_ON_DISK, POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE.
   */
  readonly write: (policyVersion: number) => Promise<void>;
}

/** Changes policy where it is kept, and where people edit it too. One caller at a time. */
export interface PolicyWriter {
  /**
   * Builds on what was loaded last, and refuses to build on anything else.
   *
   * @throws {PdpError} FILE_CHANGED_ON_DISK: an edit is not loaded yet. POLICY_FILE_READ_ONLY.
   */
  plan(edit: PolicyEdit): Promise<PlannedEdit>;
  /**
   * Puts back what was loaded last, over whatever is there now.
   *
   * @param documents - The effective set, for when nothing was loaded yet.
   * @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE.
   */
  restore(documents: readonly ValueMap[] | undefined): Promise<void>;
}
