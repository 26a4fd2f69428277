import type { Knex } from 'knex';
import { asStorageError, type Database, isShared, type PayloadStore } from '../../storage/index.js';
import type { Logger } from '../../web/index.js';
import { uploadExpiryMs } from './upload-records.js';

type QueryBuilder = Knex.QueryBuilder;

const sweepEveryMs = 10 * 60_000;
/** A file younger than this may belong to an upload whose row is being committed; far more than a clock is ever set by. */
const youngMs = 24 * 3_600_000;

/**
 * Removes payloads that nobody needs any more: of cancelled pushes at once, of failed ones after their retention, of
 * uploads that were never completed, and files that no row knows (a process died between the file and the commit).
 */
export class PayloadSweeper {
  #timer: NodeJS.Timeout | undefined;
  readonly #isShared: boolean;
  readonly #doubtful = new Set<string>();

  readonly #database: Database;
  readonly #spool: PayloadStore;
  readonly #failedRetentionMs: number;
  readonly #log: Logger;
  readonly #now: () => number;

  constructor(
    database: Database,
    spool: PayloadStore,
    failedRetentionMs: number,
    log: Logger,
    now: () => number,
  ) {
    this.#database = database;
    this.#spool = spool;
    this.#failedRetentionMs = failedRetentionMs;
    this.#log = log;
    this.#now = now;
    this.#isShared = isShared(database);
  }

  /**
   * Sweeps once, then every ten minutes. On start even young files are orphans, because nothing is being received yet,
   * unless other processes share the database and with it the spool.
   */
  async start(): Promise<void> {
    await this.#sweep(this.#isShared ? youngMs : 0);
    this.#timer = setInterval(() => {
      this.#sweep(youngMs).catch((error) =>
        this.#log.error({ err: asStorageError(error) }, 'the spool could not be swept; trying again'),
      );
    }, sweepEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Gives up the payload of one push that was cancelled or delivered. */
  async release(pushId: string): Promise<void> {
    await this.#releaseWhere(pushId, (done) => done.whereIn('state', ['delivered', 'cancelled']));
  }

  /** Removes a file that no push will need. Never rejects: what can't be removed now is an orphan for the next sweep. */
  async discard(spoolName: string): Promise<void> {
    await this.#spool
      .discard(spoolName)
      .catch((error) =>
        this.#log.error({ err: asStorageError(error) }, 'a file could not be removed from the spool'),
      );
  }

  /** Removes a file unless a push has it. Never rejects, as `discard`. */
  async discardIfUnknown(spoolName: string): Promise<void> {
    const known = await this.#database('payloads')
      .where('spool_name', spoolName)
      .first('push_id')
      .catch((error) => {
        this.#log.error({ err: asStorageError(error) }, 'a file is left for the next sweep');
        return 'unknown';
      });
    if (known === undefined) await this.discard(spoolName);
  }

  /**
   * Removes a file whose commit failed, unless the ledger knows it all the same: when the connection to the database
   * breaks during the commit, nobody can say whether it took place. Never rejects.
   */
  async discardUnlessKnown(spoolName: string): Promise<void> {
    this.#doubtful.add(spoolName);
    // Another machine may still be working on the commit; SQLite has ended it one way or the other.
    // What can't be settled now stays in doubt until the next sweep.
    if (!this.#isShared) await this.#settleDoubts().catch(() => {});
  }

  async #settleDoubts(): Promise<void> {
    for (const name of [...this.#doubtful]) {
      const known = await this.#database('payloads').where('spool_name', name).first('push_id');
      if (known === undefined) await this.#spool.discard(name);
      this.#doubtful.delete(name);
    }
  }

  /** The condition is part of the deletion: a person may press retry at this very moment. */
  async #releaseWhere(pushId: string, over: (pushes: QueryBuilder) => void): Promise<void> {
    const pushes = this.#database('pushes').select('id').where('id', pushId);
    over(pushes);
    const row = await this.#database('payloads').where('push_id', pushId).first('spool_name');
    const deleted = await this.#database('payloads')
      .where('push_id', pushId)
      .whereIn('push_id', pushes)
      .delete();
    if (deleted === 1 && row?.spool_name) await this.#spool.discard(row.spool_name);
  }

  async #sweep(youngestMs: number): Promise<void> {
    await this.#settleDoubts();
    const isOver = (pushes: QueryBuilder) =>
      void pushes.where((over) =>
        over
          .whereIn('state', ['delivered', 'cancelled'])
          .orWhere((failed) =>
            failed
              .where('state', 'failed')
              .andWhere('updated_at', '<', this.#now() - this.#failedRetentionMs),
          ),
      );
    const expired = this.#database('pushes').join('payloads', 'payloads.push_id', 'pushes.id');
    isOver(expired);
    for (const id of await expired.pluck('pushes.id')) await this.#releaseWhere(id, isOver);
    const begun = await this.#database('uploads')
      .where('created_at', '<', this.#now() - uploadExpiryMs)
      .select('id', 'spool_name');
    for (const { id, spool_name } of begun) {
      await this.#database('uploads').where({ id }).delete();
      if (spool_name !== null) await this.#spool.discard(spool_name);
    }
    const orphans = await this.#orphans(youngestMs);
    for (const name of orphans) await this.#spool.discard(name);
    if (orphans.length > 0)
      this.#log.warn({ files: orphans.length }, 'removed files from the spool that no push knows');
    await this.#reportMissing();
  }

  async #orphans(youngestMs: number): Promise<string[]> {
    const files = (await this.#spool.list(Date.now()))
      .filter(({ ageMs }) => ageMs >= youngestMs)
      .map(({ name }) => name);
    const known = new Set([
      ...(await this.#database('payloads').whereNotNull('spool_name').pluck('spool_name')),
      ...(await this.#database('uploads').whereNotNull('spool_name').pluck('spool_name')),
    ]);
    return files.filter((name) => !known.has(name));
  }

  /** A row whose payload vanished is said, not dropped: it is tried until its budget is used up, for a disk that comes back. */
  async #reportMissing(): Promise<void> {
    const rows = () => this.#database('payloads').whereNotNull('spool_name').select('push_id', 'spool_name');
    const before = await rows();
    const files = new Set((await this.#spool.list(Date.now())).map(({ name }) => name));
    const suspects = before.filter((row) => !files.has(row.spool_name));
    if (suspects.length === 0) return;
    // Those that were delivered between the two looks are not missing.
    const still = new Set((await rows()).map((row) => row.push_id));
    const missing = suspects.map((row) => row.push_id).filter((id) => still.has(id));
    if (missing.length > 0) this.#log.error({ pushes: missing }, 'payloads are missing from the spool');
  }
}
