import type { Knex } from 'knex';
import { asStorageError, type Database, isShared, type PayloadStore } from '../../storage/index.js';
import type { Logger } from '../../web/index.js';
import type { PushRow } from '../push.js';
import { storedNamesOf, uploadExpiryMs } from './upload-records.js';

type QueryBuilder = Knex.QueryBuilder;

const sweepEveryMs = 10 * 60_000;
/**
 * A file that no row knows and that nobody has written to for this long belongs to no upload any more: those that are
 * under way are written to at least every half minute, and committed within seconds after.
 */
const quietMs = 30 * 60_000;
const payloadsPerStep = 500;

/**
 * Removes payloads that nobody needs any more: of cancelled pushes at once, of failed ones after their retention, of
 * uploads that were never completed, and files that no row knows (a process died between the file and the commit).
 */
export class PayloadSweeper {
  #timer: NodeJS.Timeout | undefined;
  readonly #isShared: boolean;
  readonly #doubtful = new Set<string>();
  /** Files that no row knew at the last sweep, as they were then, and since when. */
  #unknown = new Map<string, { state: number; since: number }>();

  readonly #database: Database;
  readonly #spool: PayloadStore;
  readonly #failedRetentionMs: number;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #monotonic: () => number;

  /** @param monotonic milliseconds of a clock that is never set */
  constructor(
    database: Database,
    spool: PayloadStore,
    failedRetentionMs: number,
    log: Logger,
    now: () => number,
    monotonic: () => number = () => performance.now(),
  ) {
    this.#database = database;
    this.#spool = spool;
    this.#failedRetentionMs = failedRetentionMs;
    this.#log = log;
    this.#now = now;
    this.#monotonic = monotonic;
    this.#isShared = isShared(database);
  }

  /**
   * Sweeps once, then every ten minutes. On start all files that no row knows are orphans, because nothing is being received yet,
   * unless other processes share the database and with it the spool.
   */
  async start(): Promise<void> {
    await this.#sweep(this.#isShared ? quietMs : 0);
    this.#timer = setInterval(() => {
      this.#sweep(quietMs).catch((error) =>
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

  async #sweep(forMs: number): Promise<void> {
    await this.#settleDoubts();
    const failedBefore = this.#now() - this.#failedRetentionMs;
    for (let last: string | undefined = ''; last !== undefined; ) {
      const step = await this.#expired(last, failedBefore);
      for (const { id, ...asSeen } of step.expired)
        await this.#releaseWhere(id, (pushes) => void pushes.where(asSeen));
      last = step.last;
    }
    const begun = await this.#database('uploads')
      .where('created_at', '<', this.#now() - uploadExpiryMs)
      .select('id', 'spool_name', 'parts');
    for (const { id, ...stored } of begun) {
      await this.#database('uploads').where({ id }).delete();
      for (const name of storedNamesOf(stored)) await this.#spool.discard(name);
    }
    const orphans = await this.#orphans(forMs);
    for (const name of orphans) await this.#spool.discard(name);
    if (orphans.length > 0)
      this.#log.warn({ files: orphans.length }, 'removed files from the spool that no push knows');
    await this.#reportMissing();
  }

  /**
   * From the payloads, which are few, and not by the states, which a year of history has in common; some at a time, because
   * SQLite looks for each of their pushes on the event loop.
   * @param after where the step before ended
   */
  async #expired(after: string, failedBefore: number) {
    const ids: string[] = await this.#database('payloads')
      .where('push_id', '>', after)
      .orderBy('push_id')
      .limit(payloadsPerStep)
      .pluck('push_id');
    // Decided here: asked for ids and states together, SQLite would go by the states, and through a year of history.
    const pushes: Pick<PushRow, 'id' | 'state' | 'updated_at'>[] = await this.#database('pushes')
      .whereIn('id', ids)
      .select('id', 'state', 'updated_at');
    return {
      expired: pushes.filter(
        ({ state, updated_at }) =>
          state === 'delivered' || state === 'cancelled' || (state === 'failed' && updated_at < failedBefore),
      ),
      last: ids.length < payloadsPerStep ? undefined : ids.at(-1),
    };
  }

  /**
   * Files that no row knows and that have not changed for `forMs`, by a clock that is never set: by the files' own times
   * an upload under way would be removed when the machine's clock is put forward.
   */
  async #orphans(forMs: number): Promise<string[]> {
    // By an age against a fixed time: it changes when the file does, and only then.
    const files = (await this.#spool.list(0)).map(({ name, ageMs }) => ({ name, state: ageMs }));
    const known = new Set([
      ...(await this.#database('payloads').whereNotNull('spool_name').pluck('spool_name')),
      ...(await this.#database('uploads').whereNull('push_id').select('spool_name', 'parts')).flatMap(
        storedNamesOf,
      ),
    ]);
    const now = this.#monotonic();
    const unknown = new Map<string, { state: number; since: number }>();
    for (const { name, state } of files.filter((file) => !known.has(file.name))) {
      const before = this.#unknown.get(name);
      unknown.set(name, before?.state === state ? before : { state, since: now });
    }
    this.#unknown = unknown;
    return [...unknown].filter(([, { since }]) => now - since >= forMs).map(([name]) => name);
  }

  /** A row whose payload vanished is said, not dropped: it is tried until its budget is used up, for a disk that comes back. */
  async #reportMissing(): Promise<void> {
    const rows = () => this.#database('payloads').whereNotNull('spool_name').select('push_id', 'spool_name');
    const before = await rows();
    const files = new Set((await this.#spool.list(0)).map(({ name }) => name));
    const suspects = before.filter((row) => !files.has(row.spool_name));
    if (suspects.length === 0) return;
    // Those that were delivered between the two looks are not missing.
    const still = new Set((await rows()).map((row) => row.push_id));
    const missing = suspects.map((row) => row.push_id).filter((id) => still.has(id));
    if (missing.length > 0) this.#log.error({ pushes: missing }, 'payloads are missing from the spool');
  }
}
