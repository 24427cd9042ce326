import type { PolicyText } from "./policy-reader.js";

/** The folder of policy functions, each in a file of its own. What changes them is a `PolicyWriter`. */
export interface PolicyFunctionStore {
  /** What stands there now; `name` is the file. */
  read(): Promise<readonly PolicyText[]>;
  /** The file of a function that has none yet. */
  fileOf(functionName: string): string;
}
