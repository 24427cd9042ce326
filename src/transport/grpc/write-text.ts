/** Texts up to it are copied faster than the platform is called. */
const SHORT_TEXT = 24;

/** Writes `text` as UTF-8 to `bytes` from `at`, where there is room for it. @returns Where it ends. */
export function writeText(bytes: Buffer, at: number, text: string): number {
  if (text.length > SHORT_TEXT) return at + bytes.write(text, at);
  let end = at;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) return at + bytes.write(text, at);
    bytes[end++] = code;
  }
  return end;
}
