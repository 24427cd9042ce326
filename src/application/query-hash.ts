/**
 * FNV-1a, 32 bits, in hex: which query a page token was given for, and whether a token is whole. Not a
 * secret: it only tells what was mixed up or cut.
 */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash.toString(16);
}
