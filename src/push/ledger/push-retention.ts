import type { RetentionSettings } from '../../config/index.js';
import type { Database } from '../../storage/index.js';
import { finalStates, type Push, type PushState } from '../push.js';
import type { PayloadSweeper } from './payload-sweeper.js';

/** Rows that are handled in one step, so that nobody waits long for the database. */
const stepLength = 100;

/** When pushes end that nobody does anything about: their payloads first, later the entries of the history. */
export class PushRetention {
  readonly #database: Database;
  readonly #sweeper: Pick<PayloadSweeper, 'discard'>;
  readonly #settings: RetentionSettings;
  readonly #now: () => number;

  constructor(
    database: Database,
    sweeper: Pick<PayloadSweeper, 'discard'>,
    settings: RetentionSettings,
    now: () => number,
  ) {
    this.#database = database;
    this.#sweeper = sweeper;
    this.#settings = settings;
    this.#now = now;
  }

  /** When a push is cancelled by itself, or its entry removed, in Unix milliseconds; `undefined` while it is being sent. */
  endOf({ state, updatedAt }: Pick<Push, 'state' | 'updatedAt'>): number | undefined {
    if (state === 'needs-reauthorization') return updatedAt + this.#settings.waitingMs;
    return finalStates.includes(state) ? updatedAt + this.#settings.historyMs : undefined;
  }

  /** Cancels pushes that waited too long for a permission. @returns the ids of one step; none when there are no more */
  async cancelWaiting(): Promise<string[]> {
    const now = this.#now();
    const waited = () =>
      this.#database('pushes')
        .where('state', 'needs-reauthorization' satisfies PushState)
        .andWhere('updated_at', '<', now - this.#settings.waitingMs);
    const ids: string[] = await waited().limit(stepLength).pluck('id');
    const lastError = { code: 'WaitedTooLong', message: 'it waited for a permission until its time was up' };
    // The condition again: a person may give the permission at this very moment.
    const cancelled = await waited()
      .whereIn('id', ids)
      .update({
        state: 'cancelled' satisfies PushState,
        next_attempt_at: null,
        last_error: JSON.stringify(lastError),
        updated_at: now,
      })
      .returning('id');
    return cancelled.map(({ id }: { id: string }) => id);
  }

  /** Removes old entries of the history, with all that belongs to them. @returns how many in this step */
  async removeOld(): Promise<number> {
    const before = this.#now() - this.#settings.historyMs;
    const files: string[] = [];
    const removed = await this.#database.transaction(async (transaction) => {
      // Locked, where there is more than one connection: a person may retry one at this very moment.
      const ids: string[] = await transaction('pushes')
        .whereIn('state', finalStates)
        .andWhere('updated_at', '<', before)
        .limit(stepLength)
        .forUpdate()
        .pluck('id');
      const payloads = () => transaction('payloads').whereIn('push_id', ids);
      files.push(...(await payloads().whereNotNull('spool_name').pluck('spool_name')));
      await payloads().delete();
      await transaction('attempts').whereIn('push_id', ids).delete();
      await transaction('pushes').whereIn('id', ids).delete();
      return ids.length;
    });
    for (const name of files) await this.#sweeper.discard(name);
    return removed;
  }
}
