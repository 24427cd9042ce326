import type { JsonObject } from "@bufbuild/protobuf";

/** An operation, and where it stands. */
export interface DescribedOperation {
  /** With variables in braces. */
  readonly path: string;
  /** `get`, ... */
  readonly httpMethod: string;
  readonly operation: JsonObject;
}
