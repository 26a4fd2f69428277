import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { AppError } from '../errors.js';
import { migrations } from './migrations.js';

export type Database = Knex;

/**
 * Opens the ledger: PostgreSQL where an address is given, else the SQLite file `push.sqlite` in `dataDir`, and brings
 * its tables up to date. SQLite runs with WAL and `synchronous=FULL`, so that what was committed survives a power cut.
 * @throws Error that names the file when it is not a database; the file is left as it is.
 */
export async function openDatabase(options: {
  dataDir: string;
  databaseUrl?: string | undefined;
}): Promise<Database> {
  const database =
    options.databaseUrl === undefined ? openSqlite(options.dataDir) : openPostgres(options.databaseUrl);
  try {
    await database.migrate.latest({ migrationSource: migrations });
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

function openSqlite(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const filename = join(dataDir, 'push.sqlite');
  return createKnex({
    client: 'better-sqlite3',
    // Waiting for a lock blocks the event loop, so it is short: a request then gets 503 and comes again.
    connection: { filename, options: { timeout: 200 } } as Knex.StaticConnectionConfig,
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate(
        connection: { pragma(sql: string): unknown },
        done: (error: Error | null, connection: unknown) => void,
      ) {
        try {
          connection.pragma('journal_mode = WAL');
          connection.pragma('synchronous = FULL');
          connection.pragma('foreign_keys = ON');
          done(null, connection);
        } catch (error) {
          done(
            new Error(`${filename} can't be used as the database; it was left as it is`, { cause: error }),
            connection,
          );
        }
      },
    },
  });
}

function openPostgres(connectionString: string): Database {
  return createKnex({
    client: 'pg',
    connection: { connectionString },
    pool: {
      min: 0,
      max: 10,
      afterCreate(connection: PostgresConnection, done: (error: Error | null, connection: unknown) => void) {
        // bigint columns hold sizes and Unix milliseconds: all of them are safe integers.
        connection.setTypeParser(20, (text) => Number(text));
        done(null, connection);
      },
    },
    acquireConnectionTimeout: 5000,
  });
}

interface PostgresConnection {
  setTypeParser(oid: number, parse: (text: string) => unknown): void;
}

const outOfSpace = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT', '53100']);
const notAvailable =
  /^(SQLITE_(BUSY|LOCKED|READONLY|IOERR|CANTOPEN|CORRUPT|NOTADB|PROTOCOL)|ECONNREFUSED|ECONNRESET|EROFS|EACCES|EIO|EMFILE|57P0|08|53)/;

/** Turns a failure of the database or the disk into `StorageFull` (507) or `StorageUnavailable` (503); others stay as they are. */
export function asStorageError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (outOfSpace.has(code)) return new AppError('StorageFull', { cause: error, retryAfterSeconds: 60 });
  if (notAvailable.test(code) || error.name === 'KnexTimeoutError')
    return new AppError('StorageUnavailable', { cause: error, retryAfterSeconds: 5 });
  return error;
}
