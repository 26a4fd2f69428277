import type { Knex } from 'knex';
import { AppError } from '../errors.js';
import { type Database, isShared } from './database.js';
import { asStorageError } from './storage-error.js';

/** A piece of work inside a transaction. It may run twice, so it has no effect but on the database. */
export type Job<T> = (transaction: Knex.Transaction) => Promise<T>;

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
      const results = await this.#database.transaction(async (transaction) => {
        const all: unknown[] = [];
        for (const { job } of batch) all.push(await job(transaction));
        return all;
      });
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      // Nobody's own fault, and each further try would wait for the lock or the disk anew, with the event loop held.
      if (!(error instanceof AppError) && asStorageError(error) instanceof AppError)
        return batch.forEach(({ reject }) => void reject(error));
      for (const { job, resolve, reject } of batch)
        await this.#database.transaction(job).then(resolve, reject);
    }
  }
}

const groups = new WeakMap<Database, CommitGroup>();

/**
 * Runs `job` in a transaction and resolves once it is committed. In SQLite, which has one writer anyway, jobs that wait
 * at the same time are committed together; PostgreSQL runs them side by side and groups their fsyncs itself.
 * @throws what the job or the commit throws
 */
export function commitTogether<T>(database: Database, job: Job<T>): Promise<T> {
  if (isShared(database)) return database.transaction(job);
  const group = groups.get(database) ?? new CommitGroup(database);
  groups.set(database, group);
  return group.add(job);
}
