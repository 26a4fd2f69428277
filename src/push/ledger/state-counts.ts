import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../../storage/index.js';
import type { PushState } from '../push.js';

/** What a push may leave again: few, so that they are counted each time. */
const countedEachTime: readonly PushState[] = ['queued', 'pushing', 'needs-reauthorization', 'failed'];
/** What stays: a year of it. Only deletions take something away. */
const lasting: readonly PushState[] = ['delivered', 'cancelled'];

/** A row is committed within this time after the time that stands in it, by clocks that differ by less. */
const settledAfterMs = 60_000;
/** What was deleted is noticed this much later at the latest. */
const countAnewMs = 60 * 60_000;
/** SQLite counts on the event loop: so many rows of an index take a few milliseconds. */
const rowsPerStep = 20_000;

interface Total {
  count: number;
  /** All rows that were changed last before this are in `count`; Unix milliseconds. */
  upTo: number;
}

/**
 * How many pushes are in each state, at a cost that does not grow with the history. What may still change is counted in
 * the index of the states. Of what lasts only what came since the last time is counted, and once an hour all of it, in
 * steps: until then what was deleted (by its age, or because its visitor left) is still in the total.
 *
 * Counters kept by each transaction would be exact, and would make all processes on one PostgreSQL wait for one another
 * at their rows.
 */
export class StateCounts {
  readonly #totals = new Map<PushState, Total>();
  #countedAnewAt = Number.NEGATIVE_INFINITY;
  #latest: Promise<Record<PushState, number>> | undefined;

  readonly #database: Database;
  readonly #now: () => number;
  readonly #monotonic: () => number;

  /** @param monotonic milliseconds of a clock that is never set */
  constructor(database: Database, now: () => number, monotonic: () => number = () => performance.now()) {
    this.#database = database;
    this.#now = now;
    this.#monotonic = monotonic;
  }

  /** Who asks while it is counted gets the same. @throws Error of the database */
  current(): Promise<Record<PushState, number>> {
    this.#latest ??= this.#count().finally(() => {
      this.#latest = undefined;
    });
    return this.#latest;
  }

  async #count(): Promise<Record<PushState, number>> {
    if (this.#monotonic() - this.#countedAnewAt >= countAnewMs) {
      this.#totals.clear();
      this.#countedAnewAt = this.#monotonic();
    }
    const counts = Object.fromEntries([...countedEachTime, ...lasting].map((state) => [state, 0])) as Record<
      PushState,
      number
    >;
    const changing: { state: PushState; count: number }[] = await this.#database('pushes')
      .whereIn('state', countedEachTime)
      .groupBy('state')
      .select('state')
      .count('* as count');
    for (const { state, count } of changing) counts[state] = Number(count);
    for (const state of lasting) counts[state] = await this.#countLasting(state);
    return counts;
  }

  async #countLasting(state: PushState): Promise<number> {
    const now = this.#now();
    const settled = now - settledAfterMs;
    const known = this.#totals.get(state);
    // After the clock was set back, what is written from now on may lie before what was counted.
    let total = known === undefined || known.upTo > now ? { count: 0, upTo: 0 } : known;
    while (total.upTo < settled) {
      total = await this.#further(state, total, settled);
      this.#totals.set(state, total);
      await nextTurn();
    }
    return total.count + (await this.#between(state, total.upTo));
  }

  /** Goes on by one step, at most to `end`. */
  async #further(state: PushState, { count, upTo }: Total, end: number): Promise<Total> {
    const edge: { updated_at: number } | undefined = await this.#rows(state, upTo, end)
      .orderBy('updated_at')
      .offset(rowsPerStep)
      .first('updated_at');
    // More rows than a step has may carry the same time.
    const next = edge === undefined ? end : Math.max(edge.updated_at, upTo + 1);
    return { count: count + (await this.#between(state, upTo, next)), upTo: next };
  }

  async #between(state: PushState, from: number, end?: number): Promise<number> {
    const row = await this.#rows(state, from, end).count('* as count').first();
    return Number(row?.count ?? 0);
  }

  #rows(state: PushState, from: number, end?: number) {
    const rows = this.#database('pushes').where('state', state).andWhere('updated_at', '>=', from);
    return end === undefined ? rows : rows.andWhere('updated_at', '<', end);
  }
}
