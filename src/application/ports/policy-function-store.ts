import type { PolicyText } from "./policy-reader.js";

/** The folder of policy functions, each in a file of its own. */
export interface PolicyFunctionStore {
  /** What stands there now; `name` is the file. */
  read(): Promise<readonly PolicyText[]>;
  /** The file of a function that has none yet. */
  fileOf(functionName: string): string;
  /**
   * Replaces a file by one step; durable when it settles.
   * @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE.
   */
  write(file: string, text: string): Promise<void>;
  /** @throws {PdpError} POLICY_FILE_READ_ONLY, STORAGE_UNAVAILABLE. */
  remove(file: string): Promise<void>;
}
