import { z } from "zod";

/** Text of a query; undefined when it is absent or empty. */
export const textParameter = z
  .string()
  .optional()
  .transform((text) => (text === "" ? undefined : text));

/** `true`, `1`, `false` or `0`, in any case; false when absent. */
export const flagParameter = textParameter.transform((text, context): boolean => {
  const word = text?.toLowerCase() ?? "false";
  if (word === "true" || word === "1") return true;
  if (word === "false" || word === "0") return false;
  context.addIssue(`must be true or false, got \`${short(text)}\``);
  return z.NEVER;
});

/** How many to answer; more than `most` is served as `most`. */
export function limitParameter({ most, usual }: { readonly most: number; readonly usual: number }) {
  return textParameter.transform((text, context): number => {
    if (text === undefined) return usual;
    if (/^\d+$/.test(text) && Number(text) > 0) return Math.min(Number(text), most);
    context.addIssue(`must be a whole number of at least 1, got \`${short(text)}\``);
    return z.NEVER;
  });
}

/** How many to leave out first; 0 when absent. */
export const offsetParameter = textParameter.transform((text, context): number => {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  context.addIssue(`must be a whole number of at least 0, got \`${short(text)}\``);
  return z.NEVER;
});

/** Seconds since the epoch, or ISO 8601 (UTC where it names no zone), as milliseconds. */
export const timeParameter = textParameter.transform((text, context): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^-?\d{1,12}(\.\d+)?$/.test(text) ? Number(text) * 1000 : isoMs(text);
  if (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15) return Math.round(ms);
  context.addIssue(
    `must be a time in seconds since 1970, or as 2025-06-16T12:00:00Z, got \`${short(text)}\``,
  );
  return z.NEVER;
});

// A `+` that was not encoded arrives as a space.
const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,3})\d*)?(Z|[+ -]\d\d:?\d\d)?)?$/i;

function isoMs(text: string): number {
  const [, day, time = "00:00", fraction = "0", zone = "Z"] = ISO.exec(text) ?? [];
  if (day === undefined) return Number.NaN;
  const [, sign, hours, minutes] = /^([+ -])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = hours === undefined ? "Z" : `${sign === "-" ? "-" : "+"}${hours}:${minutes}`;
  return Date.parse(`${day}T${time.padEnd(8, ":00")}.${fraction.padEnd(3, "0")}${offset}`);
}

function short(text = ""): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
