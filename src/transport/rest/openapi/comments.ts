import type { JsonObject } from "@bufbuild/protobuf";

/** The comment of a message, field, enum, value, service or RPC, by its full name. */
export type CommentOf = (fullName: string) => string | undefined;

/** A description, where there is one. */
export function described(comment: string | undefined): JsonObject {
  return comment === undefined || comment === "" ? {} : { description: comment };
}

/** The first sentence as summary, all of it as description where it says more. */
export function summarised(comment: string | undefined): JsonObject {
  if (comment === undefined) return {};
  const [first = comment] = /^[^]*?[.:](?=\s|$)/.exec(comment) ?? [];
  const summary = first.replace(/[.:]$/, "");
  return first === comment ? { summary } : { summary, description: comment };
}
