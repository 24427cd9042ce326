/** By the name of the group; files are paths from the top of the repository. */
export const MUTATION_GROUPS: ReadonlyMap<
  string,
  { readonly files: readonly string[]; readonly tests: readonly string[]; readonly report: string }
>;
