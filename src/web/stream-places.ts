import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { type Database, sharedClock } from '../storage/index.js';

const defaultLapseMs = 60_000;
const renewalsPerLapse = 3;

/** Whose stream it is. */
export interface StreamOwner {
  readonly visitorId: string;
  readonly address: string;
}

/** How many streams there may be of one visitor and at one address. */
export interface StreamShares {
  readonly perVisitor: number;
  readonly perAddress: number;
}

interface Held {
  readonly visitor_hash: string;
  readonly address_hash: string;
}

/** Visitors and addresses are personal data: the table only has to tell them apart. */
const hash = (kind: string, value: string) => createHash('sha256').update(`${kind} ${value}`).digest('hex');

/**
 * The event streams of all processes that share a PostgreSQL, so that a visitor's share is one share whichever processes
 * the streams are open at. A place costs one transaction when its stream begins and one statement when it ends; the
 * places of a process are renewed together, and those of a process that was killed lapse.
 */
export class SharedStreamPlaces {
  readonly #held = new Map<string, Held>();
  readonly #database: Database;
  readonly #lapseMs: number;
  readonly #onTrouble: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();

  /** @param onTrouble told when the database could not be asked: streams are then counted by each process alone */
  constructor(database: Database, onTrouble: (error: unknown) => void, lapseMs = defaultLapseMs) {
    this.#database = database;
    this.#onTrouble = onTrouble;
    this.#lapseMs = lapseMs;
  }

  /** Takes a place; an `id` is used for one stream. @returns whether there was one. Never rejects. */
  async take(id: string, { visitorId, address }: StreamOwner, shares: StreamShares): Promise<boolean> {
    const held = { visitor_hash: hash('visitor', visitorId), address_hash: hash('address', address) };
    this.#held.set(id, held);
    try {
      const isTaken = await this.#insert(id, held, shares);
      if (!isTaken) this.#held.delete(id);
    } catch (error) {
      // The next renewal writes it down.
      this.#onTrouble(error);
    }
    if (!this.#isClosed) this.#renewLater();
    return this.#held.has(id);
  }

  /** Gives a place back. Never rejects; what can't be deleted lapses. */
  release(id: string): void {
    if (this.#held.delete(id)) this.#delete([id]);
  }

  /** Gives all places back, and resolves when that is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    const ids = [...this.#held.keys()];
    this.#held.clear();
    if (ids.length > 0) this.#delete(ids);
    await this.#last;
  }

  /** Streams of one visitor begin one after another, or two at once would both see the last place free. */
  #insert(id: string, held: Held, { perVisitor, perAddress }: StreamShares): Promise<boolean> {
    return this.#database.transaction(async (transaction) => {
      await transaction.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [held.visitor_hash]);
      const { rows } = await transaction.raw(
        `insert into event_streams (id, visitor_hash, address_hash, lapses_at)
         select ?, ?, ?, ${sharedClock} + ?
         where (select count(*) from event_streams where visitor_hash = ? and lapses_at > ${sharedClock}) < ?
           and (select count(*) from event_streams where address_hash = ? and lapses_at > ${sharedClock}) < ?
         returning id`,
        [
          ...[id, held.visitor_hash, held.address_hash, this.#lapseMs],
          ...[held.visitor_hash, perVisitor, held.address_hash, perAddress],
        ],
      );
      return rows.length === 1;
    });
  }

  #delete(ids: readonly string[]): void {
    // In turn: a place is never deleted before it has been written.
    this.#last = this.#last
      .then(() => this.#rows().whereIn('id', ids).delete())
      .catch((error) => this.#onTrouble(error));
  }

  #renewLater(): void {
    this.#timer ??= setInterval(() => {
      this.#last = this.#last.then(() => this.#renew()).catch((error) => this.#onTrouble(error));
    }, this.#lapseMs / renewalsPerLapse).unref();
  }

  /** Writes all places of this process anew: the table is empty after a crash of PostgreSQL. */
  async #renew(): Promise<void> {
    const held = [...this.#held];
    if (held.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else {
      const column = (values: readonly string[]) => values as unknown as Knex.RawBinding;
      await this.#database.raw(
        `insert into event_streams (id, visitor_hash, address_hash, lapses_at)
         select id, visitor, address, ${sharedClock} + ? from unnest(?::text[], ?::text[], ?::text[]) as mine (id, visitor, address)
         on conflict (id) do update set lapses_at = excluded.lapses_at`,
        [
          this.#lapseMs,
          column(held.map(([id]) => id)),
          column(held.map(([, of]) => of.visitor_hash)),
          column(held.map(([, of]) => of.address_hash)),
        ],
      );
      // Those that ended meanwhile have come back with it.
      const ended = held.flatMap(([id]) => (this.#held.has(id) ? [] : [id]));
      if (ended.length > 0) await this.#rows().whereIn('id', ended).delete();
    }
    await this.#rows().whereRaw(`lapses_at <= ${sharedClock}`).delete();
  }

  #rows() {
    return this.#database('event_streams');
  }
}
