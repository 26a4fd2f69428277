import type { Knex } from 'knex';
import { commitTogether, type Database, type Statement, statementOf } from '../../storage/index.js';
import { type Push, type PushRow, toPush } from '../push.js';

/**
 * Visitors that have a due push, in the order of their ids and at most `limit` after `cursor`: a loose index scan, one
 * probe a visitor, so that one visitor's hundred thousand queued pushes cost no more than another one's single one. The
 * earliest instead of `exists`: for that PostgreSQL reads all due pushes of everybody first.
 */
const dueVisitors = `
  with recursive waiting(visitor_id) as (
    select min(visitor_id) from pushes where state = 'queued' and visitor_id > ?
    union all
    select (select min(visitor_id) from pushes where state = 'queued' and visitor_id > waiting.visitor_id)
    from waiting where waiting.visitor_id is not null
  )
  select visitor_id from waiting
  where visitor_id is not null and (
    select min(next_attempt_at) from pushes where state = 'queued' and visitor_id = waiting.visitor_id
  ) <= ?
  limit ?`;

/** Takes due pushes out of the queue, going round the visitors: nobody waits for another one's long queue to end. */
export class DueClaims {
  /** The visitor served last; the next round begins behind it. */
  #cursor = '';

  readonly #database: Database;
  readonly #isShared: boolean;

  /** @param isShared whether other processes use the same database (PostgreSQL) */
  constructor(database: Database, isShared: boolean) {
    this.#database = database;
    this.#isShared = isShared;
  }

  /**
   * Claims up to `limit` pushes that are due at `now` (Unix milliseconds); `taken` is what is written into their rows.
   * Fewer than `limit` does not mean that none are left: call again until it gives none.
   */
  async take(limit: number, now: number, taken: object): Promise<Push[]> {
    const visitors = await this.#nextVisitors(limit, now);
    if (visitors.length === 0) return [];
    // What can't be shared evenly goes to the first of them; the next round begins behind those.
    const [each, more] = [Math.floor(limit / visitors.length), limit % visitors.length];
    const shares = visitors.map((visitorId, index) => ({ visitorId, limit: each + (index < more ? 1 : 0) }));
    this.#cursor = shares.at(more - 1)?.visitorId ?? '';
    const claimed = await commitTogether(this.#database, [...this.#statementsFor(shares, now, taken)]);
    return ((claimed ?? []).flat() as unknown as PushRow[]).map(toPush);
  }

  async #nextVisitors(limit: number, now: number): Promise<string[]> {
    const behind = await this.#visitorsAfter(this.#cursor, limit, now);
    if (behind.length === limit || this.#cursor === '') return behind;
    const fromTheFirst = await this.#visitorsAfter('', limit - behind.length, now);
    return [...behind, ...fromTheFirst.filter((visitorId) => !behind.includes(visitorId))];
  }

  async #visitorsAfter(cursor: string, limit: number, now: number): Promise<string[]> {
    const answer = await this.#database.raw(dueVisitors, [cursor, now, limit]);
    const rows: { visitor_id: string }[] = this.#isShared ? answer.rows : answer;
    return rows.map((row) => row.visitor_id);
  }

  /** In PostgreSQL one for all: each would be one more way to the server and back. */
  #statementsFor(shares: readonly Share[], now: number, taken: object): Statement[] {
    if (this.#isShared) return [this.#statementOf(skippingLocked(this.#database, shares, now), taken)];
    return shares.map(({ visitorId, limit }) => {
      const ids = this.#database('pushes')
        .select('id')
        .where({ state: 'queued', visitor_id: visitorId })
        .andWhere('next_attempt_at', '<=', now)
        .orderBy([{ column: 'next_attempt_at' }, { column: 'created_at' }])
        .limit(limit);
      return this.#statementOf(this.#database.raw('id in (?)', [ids]), taken);
    });
  }

  /**
   * By the ids alone, which were chosen for their state in the same statement: with the state beside them SQLite reads all
   * that are queued to find these few.
   */
  #statementOf(isChosen: Knex.Raw, taken: object): Statement {
    return statementOf(this.#database('pushes').whereRaw(isChosen).update(taken).returning('*'));
  }
}

/** How many pushes of a visitor are taken at most. */
interface Share {
  readonly visitorId: string;
  readonly limit: number;
}

/**
 * Leaves out what another process is just taking, so that two never wait for each other. The `array()` around it makes
 * PostgreSQL run it once: inside `in (…)` it may run it for every row, and lock more than the limit.
 */
const skippingLocked = (database: Database, shares: readonly Share[], now: number) =>
  database.raw(
    `id = any(array(
      select due.id from unnest(?::text[], ?::int[]) as share (visitor_id, most)
      cross join lateral (
        select id from pushes where state = 'queued' and visitor_id = share.visitor_id and next_attempt_at <= ?
        order by next_attempt_at, created_at limit share.most for update skip locked
      ) as due
    ))`,
    [
      shares.map(({ visitorId }) => visitorId) as unknown as Knex.RawBinding,
      shares.map(({ limit }) => limit) as unknown as Knex.RawBinding,
      now,
    ],
  );
