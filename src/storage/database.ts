import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { migrations } from './migrations.js';
import { rememberStatements, type SqliteConnection, setLiveConnection } from './sqlite-connection.js';

export type Database = Knex;

/** Milliseconds of the clock that all processes on one PostgreSQL share, as SQL of that. */
export const sharedClock = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** Whether other processes may use this database at the same time: PostgreSQL, not the embedded one. */
export const isShared = (database: Database): boolean => database.client.config.client === 'pg';

/**
 * Opens the ledger: PostgreSQL where an address is given, else the SQLite file `push.sqlite` in `dataDir`, and brings
 * its tables up to date. SQLite runs with WAL and `synchronous=FULL`, so that what was committed survives a power cut.
 * @throws Error that names the file when it is not a database, or the migrations of a newer version; the database is
 * left as it is.
 */
export async function openDatabase(options: {
  dataDir: string;
  databaseUrl?: string | undefined;
  /** PostgreSQL's connections that answer nothing for this long are given up; default half a minute. */
  silentMs?: number;
}): Promise<Database> {
  const silence = { limitMs: 0 };
  const database =
    options.databaseUrl === undefined
      ? openSqlite(options.dataDir)
      : openPostgres(options.databaseUrl, silence);
  try {
    if (await isEmptyFile(database)) await fillNewFile(database);
    else await migrate(database);
    // Only now: a migration of a large table may take its time.
    silence.limitMs = options.silentMs ?? defaultSilentMs;
    if (!isShared(database)) await eraseOldFreePages(database);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

function openSqlite(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const filename = join(dataDir, 'push.sqlite');
  const holder: { connection?: SqliteConnection } = {};
  const database = createKnex({
    client: 'better-sqlite3',
    // With it a failed query's message holds its values, file names among them, and goes to the log.
    compileSqlOnError: false,
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: SqliteConnection, done: (error: Error | null, connection: unknown) => void) {
        try {
          // Waiting for a lock blocks the event loop, so it is short: a request then gets 503 and comes again.
          connection.pragma('busy_timeout = 200');
          connection.pragma('journal_mode = WAL');
          connection.pragma('synchronous = FULL');
          connection.pragma('foreign_keys = ON');
          // What is deleted is overwritten, not only given free.
          connection.pragma('secure_delete = ON');
          rememberStatements(connection);
          holder.connection = connection;
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
  setLiveConnection(database, holder);
  return database;
}

/**
 * After a failover by a network that is gone, nobody ends the old connections, and TCP goes on trying for a quarter of an
 * hour. No query of the app takes this long.
 */
const defaultSilentMs = 30_000;

function openPostgres(connectionString: string, silence: { readonly limitMs: number }): Database {
  return createKnex({
    client: 'pg',
    compileSqlOnError: false,
    connection: { connectionString },
    pool: {
      min: 0,
      max: 10,
      afterCreate(connection: PostgresConnection, done: (error: Error | null, connection: unknown) => void) {
        // bigint columns hold sizes and Unix milliseconds: all of them are safe integers.
        connection.setTypeParser(20, (text) => Number(text));
        endWhenUseless(connection, silence);
        done(null, connection);
      },
    },
    acquireConnectionTimeout: 5000,
  });
}

interface PostgresConnection {
  setTypeParser(oid: number, parse: (text: string) => unknown): void;
  query(config: object, answered: (error: unknown, result: unknown) => void): unknown;
  connection: { stream: Socket };
}

/** What a server says that is a standby, or was made one: `read_only_sql_transaction` (PostgreSQL's manual, Appendix A). */
const readOnly = '25006';

/**
 * A query that nothing answers fails with its connection, as when the server had ended it; the pool makes another one. So
 * does one that a standby refuses: the address leads to the new primary by now, or soon, and a connection in use would
 * stay where it is.
 */
function endWhenUseless(connection: PostgresConnection, silence: { readonly limitMs: number }): void {
  const query = connection.query.bind(connection);
  connection.query = (config, answered) => {
    // The driver has other ways to be called; Knex takes this one for every statement of ours.
    if (silence.limitMs === 0 || typeof answered !== 'function') return query(config, answered);
    const timer = setTimeout(() => connection.connection.stream.destroy(), silence.limitMs);
    return query(config, (error, result) => {
      clearTimeout(timer);
      if ((error as { code?: unknown } | null)?.code !== readOnly) return answered(error, result);
      // Answered when the pool knows that the connection has ended: it must not give it out again.
      const { stream } = connection.connection;
      stream.once('close', () => setImmediate(() => answered(error, result)));
      stream.destroy();
    });
  };
}

/**
 * Brings the tables up to date; writes nothing when they are.
 * @throws Error when a newer version of the app has changed them: this one would not keep its rules
 */
async function migrate(database: Database): Promise<void> {
  const names = await migrations.getMigrations([]);
  const done: string[] = (await database.schema.hasTable('knex_migrations'))
    ? await database('knex_migrations').pluck('name')
    : [];
  const newer = done.filter((name) => !names.includes(name));
  if (newer.length > 0)
    throw new Error(
      `the database was last used by a newer version of this app (${newer.join(', ')}): start that version again, ` +
        'or restore a backup that was made before. It was left as it is',
    );
  if (done.length < names.length) await database.migrate.latest({ migrationSource: migrations });
}

/** Whether this is SQLite's file before anything is in it. */
async function isEmptyFile(database: Database): Promise<boolean> {
  if (isShared(database)) return false;
  const [row] = await database.raw('SELECT count(*) AS count FROM sqlite_master');
  return row.count === 0;
}

/**
 * Makes the tables without waiting for the disk after each step: with a write-ahead log `NORMAL` keeps the file whole in a
 * power cut (SQLite, "PRAGMA synchronous"), and what is lost then is made anew. The next commit, which is the first that
 * somebody relies on, writes the same log out to its end.
 */
async function fillNewFile(database: Database): Promise<void> {
  await database.raw('PRAGMA synchronous = NORMAL');
  await migrate(database);
  // Nothing was given free without being overwritten: see `eraseOldFreePages`.
  await database.raw('PRAGMA user_version = 1');
  await database.raw('PRAGMA synchronous = FULL');
}

/** Pages that were given free before `secure_delete` was set may still hold what was on them: once, all are written anew. */
async function eraseOldFreePages(database: Database): Promise<void> {
  const [row] = await database.raw('PRAGMA user_version');
  if (row.user_version > 0) return;
  await database.raw('VACUUM');
  await database.raw('PRAGMA user_version = 1');
  await eraseFreed(database);
}

/**
 * After something was deleted: empties SQLite's write-ahead log, where earlier versions of its pages are. The pages
 * themselves were overwritten by `secure_delete`. PostgreSQL cleans up by itself (`VACUUM`).
 */
export async function eraseFreed(database: Database): Promise<void> {
  if (!isShared(database)) await database.raw('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Proves that the ledger can be written, not only read; throws what the database says. Changes nothing. */
export async function probeDatabase(database: Database): Promise<void> {
  await database('used_states').where('state_hash', '').update({ used_at: 0 });
}
