import { backUpDatabase, BackupError, restoreDatabase } from "./adapters/sqlite/backup.js";
import type { BackupDeps } from "./commands/backup.js";

/** The database of `dataDir`, for the commands that copy it. */
export function backupsOf(dataDir: string): Pick<BackupDeps, "backUp" | "restore"> {
  return {
    backUp: (file) => told(() => backUpDatabase(dataDir, file)),
    restore: (file) => told(() => restoreDatabase(dataDir, file)),
  };
}

function told<Done>(act: () => Done): Done | { readonly problem: string } {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    return { problem: error.message };
  }
}
