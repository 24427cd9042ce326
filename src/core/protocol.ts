/**
 * An IP protocol: its number where it has one (0 to 255), else its name in lower case (`arp`, and
 * names that nobody knows, which equal themselves only).
 */
export type Protocol = number | string;
