import { AppError } from '../errors.js';
import { type Database, isShared } from './database.js';
import { runOn, type SqliteConnection } from './sqlite-connection.js';
import { type Writer, writerIn } from './statements.js';
import { asStorageError } from './storage-error.js';

/** A piece of work inside a transaction. It may run twice, so it has no effect but on the database, and waits for nothing else. */
export type Job<T> = (writer: Writer) => Promise<T>;

interface Waiting {
  job: Job<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const mostTogether = 64;

/**
 * A commit costs an fsync, and SQLite does it on the event loop: jobs that come at the same time share one. When one of
 * them fails the shared transaction is rolled back and each runs in a transaction of its own, so that nobody fails
 * for another one's sake. When the storage itself fails, all of them do.
 */
class CommitGroup {
  readonly #waiting: Waiting[] = [];
  #working = false;

  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add<T>(job: Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ job, resolve: resolve as (value: unknown) => void, reject });
      if (this.#working) return;
      this.#working = true;
      // Requests that are being answered in this turn of the event loop get their chance to join.
      setImmediate(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, mostTogether));
    this.#working = false;
  }

  async #commit(batch: Waiting[]): Promise<void> {
    try {
      const results = await inTransaction(this.#database, async (writer) => {
        const all: unknown[] = [];
        for (const { job } of batch) all.push(await job(writer));
        return all;
      });
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      // Nobody's own fault, and each further try would wait for the lock or the disk anew, with the event loop held.
      if (!(error instanceof AppError) && asStorageError(error) instanceof AppError)
        return batch.forEach(({ reject }) => void reject(error));
      for (const { job, resolve, reject } of batch)
        await inTransaction(this.#database, job).then(resolve, reject);
    }
  }
}

/**
 * A transaction of SQLite without Knex' builder. The connection is taken from Knex' pool, so that nobody else's statement
 * gets into it.
 */
async function inTransaction<T>(database: Database, job: Job<T>): Promise<T> {
  const connection: SqliteConnection = await database.client.acquireConnection();
  const run = (sql: string) => runOn(connection, { sql, values: [] });
  try {
    run('begin immediate');
    const result = await job({ run: async (statement) => runOn(connection, statement) });
    run('commit');
    return result;
  } catch (error) {
    if (connection.inTransaction) run('rollback');
    throw error;
  } finally {
    await database.client.releaseConnection(connection);
  }
}

const groups = new WeakMap<Database, CommitGroup>();

/**
 * Runs `job` in a transaction and resolves once it is committed. In SQLite, which has one writer anyway, jobs that wait
 * at the same time are committed together; PostgreSQL runs them side by side and groups their fsyncs itself.
 * @throws what the job or the commit throws
 */
export function commitTogether<T>(database: Database, job: Job<T>): Promise<T> {
  if (isShared(database)) return database.transaction((transaction) => job(writerIn(transaction)));
  const group = groups.get(database) ?? new CommitGroup(database);
  groups.set(database, group);
  return group.add(job);
}
