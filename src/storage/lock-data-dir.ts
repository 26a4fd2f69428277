import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import createKnex from 'knex';

/** A process that is just ending may take this long to let go. */
const patienceMs = 1500;

/**
 * Takes `dataDir` for this process alone: two on the same SQLite database would deliver twice and remove each other's
 * files. The lock is SQLite's own on the file `lock`, one of the operating system: it ends with the process, however
 * that ends, and nothing stays behind that somebody would have to remove.
 * @returns lets go of it
 * @throws Error when another process has it
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = createKnex({
    client: 'better-sqlite3',
    connection: { filename: join(dataDir, 'lock') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    await lock.raw(`PRAGMA busy_timeout = ${patienceMs}`);
    await lock.raw('BEGIN EXCLUSIVE');
    return () => lock.destroy();
  } catch (error) {
    await lock.destroy();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(
      `another process of this app is running on ${dataDir}. End that one first, give this one a DATA_DIR of its own, ` +
        'or let both use one PostgreSQL (DATABASE_URL)',
      { cause: error },
    );
  }
}
