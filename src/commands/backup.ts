export interface BackupDeps {
  /** @returns The size of the backup in bytes, or what is wrong. */
  readonly backUp: (file: string) => { readonly bytes: number } | { readonly problem: string };
  /** @returns Where the database that was there is now, or what is wrong. */
  readonly restore: (
    file: string,
  ) => { readonly replaced: string | undefined } | { readonly problem: string };
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** `flopynet-policy backup FILE`. @returns The exit code. */
export function runBackup(file: string, { backUp, write, writeError }: BackupDeps): number {
  const done = backUp(file);
  if ("problem" in done) {
    writeError(done.problem);
    return 1;
  }
  write(`${file}: ${done.bytes} bytes, checked`);
  return 0;
}

/** `flopynet-policy restore FILE`. @returns The exit code. */
export function runRestore(file: string, { restore, write, writeError }: BackupDeps): number {
  const done = restore(file);
  if ("problem" in done) {
    writeError(done.problem);
    return 1;
  }
  write(`${file} is restored: event cursors of before are refused from now on`);
  if (done.replaced !== undefined) write(`the database that was there: ${done.replaced}`);
  return 0;
}
