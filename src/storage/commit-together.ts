import { commitBatch, goesOn, type Outcome, type Rows, type Script, Undone } from './commit-batch.js';
import { type Database, isShared } from './database.js';
import { runByKnex } from './statements.js';

interface Waiting {
  readonly script: Script;
  resolve(rows: Rows | undefined): void;
  reject(error: unknown): void;
}

const mostTogether = 64;

/** A commit costs an fsync, and SQLite does it on the event loop: scripts that come at the same time share one. */
class CommitGroup {
  readonly #waiting: Waiting[] = [];
  #working = false;

  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(script: Script): Promise<Rows | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ script, resolve, reject });
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

  /** The connection is taken from Knex' pool, so that nobody else's statement gets into the transaction. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const { client } = this.#database;
    try {
      const connection = await client.acquireConnection();
      try {
        const outcomes = commitBatch(
          connection,
          batch.map(({ script }) => script),
        );
        for (const [index, { resolve, reject }] of batch.entries()) {
          const outcome = outcomes[index] as Outcome;
          if ('failure' in outcome) reject(outcome.failure);
          else resolve('rows' in outcome ? outcome.rows : undefined);
        }
      } finally {
        await client.releaseConnection(connection);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

const groups = new WeakMap<Database, CommitGroup>();

/**
 * Runs the steps of `script` in a transaction and resolves once it is committed. In SQLite, which has one writer anyway,
 * scripts that wait at the same time are committed together; PostgreSQL runs them side by side and groups their fsyncs
 * itself.
 * @returns the rows of each step, of fewer where one said stop; `undefined` where one had the script undone
 * @throws what the database says; when it is no error that `asStorageError` knows, the commit may have taken place
 */
export async function commitTogether(database: Database, script: Script): Promise<Rows | undefined> {
  if (isShared(database)) return commitAlone(database, script);
  const group = groups.get(database) ?? new CommitGroup(database);
  groups.set(database, group);
  return group.add(script);
}

async function commitAlone(database: Database, script: Script): Promise<Rows | undefined> {
  try {
    return await database.transaction(async (transaction) => {
      const all: Rows = [];
      for (const step of script) {
        const rows = await runByKnex<Rows[number][number]>(transaction, step);
        all.push(rows);
        if (!goesOn(step, rows)) break;
      }
      return all;
    });
  } catch (error) {
    if (error instanceof Undone) return undefined;
    throw error;
  }
}
