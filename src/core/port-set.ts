/** Port numbers as sorted, disjoint, inclusive intervals within 0 to 65535. */
export type PortSet = readonly { readonly first: number; readonly last: number }[];
