import type { Database } from '../../storage/index.js';

/** Ways in which the next push can go wrong. */
export const pushFailures = ['unavailable', 'answer-lost', 'refused'] as const;
export type PushFailure = (typeof pushFailures)[number];
/** Which kind of push a failure waits for. */
export type PushTarget = 'library' | 'provider';
/** Which tokens have run out; `refresh` takes the access tokens along. */
export type ExpiredTokens = 'access' | 'refresh';

/** What waits for one visitor's calls. Times are Unix milliseconds. */
export interface WaitingFaults {
  failures: { how: PushFailure; target: PushTarget; remaining: number }[];
  downUntil: number;
  expired?: { which: ExpiredTokens; since: number };
  /** When tokens of a client id were issued last. */
  renewedAt: Record<string, number>;
}

/** Where switches are kept. */
export interface FaultStore {
  /** Whether something may wait for this visitor, without asking anybody. */
  mayHave(visitorId: string): boolean;
  load(visitorId: string): Promise<WaitingFaults | undefined>;
  /**
   * Changes what waits, one change after another.
   * @param change is given what waits now; what it returns is given on
   * @param begins whether there is something to change although nothing waits
   */
  change<T>(
    visitorId: string,
    change: (waiting: WaitingFaults) => T,
    begins?: boolean,
  ): Promise<T | undefined>;
  remove(visitorId: string): Promise<void>;
}

const maxVisitors = 1000;
const keptMs = 24 * 3_600_000;
const nothing = (): WaitingFaults => ({ failures: [], downUntil: 0, renewedAt: {} });

/** In memory, where one process makes all calls. */
export class MemoryFaults implements FaultStore {
  readonly #visitors = new Map<string, WaitingFaults>();

  mayHave(visitorId: string): boolean {
    return this.#visitors.has(visitorId);
  }

  async load(visitorId: string): Promise<WaitingFaults | undefined> {
    return this.#visitors.get(visitorId);
  }

  async change<T>(
    visitorId: string,
    change: (waiting: WaitingFaults) => T,
    begins = false,
  ): Promise<T | undefined> {
    const known = this.#visitors.get(visitorId);
    if (known === undefined && !begins) return undefined;
    const waiting = known ?? nothing();
    const oldest = this.#visitors.keys().next().value;
    if (known === undefined && this.#visitors.size >= maxVisitors && oldest !== undefined)
      this.#visitors.delete(oldest);
    this.#visitors.set(visitorId, waiting);
    return change(waiting);
  }

  async remove(visitorId: string): Promise<void> {
    this.#visitors.delete(visitorId);
  }
}

interface FaultRow {
  visitor_id: string;
  faults: string;
  updated_at: number;
}

/** In the database that several processes share. */
export class SharedFaults implements FaultStore {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  mayHave(): boolean {
    return true;
  }

  async load(visitorId: string): Promise<WaitingFaults | undefined> {
    const row = await this.#database<FaultRow>('visitor_faults')
      .where('visitor_id', visitorId)
      .first('faults');
    return row && JSON.parse(row.faults);
  }

  async change<T>(
    visitorId: string,
    change: (waiting: WaitingFaults) => T,
    begins = false,
  ): Promise<T | undefined> {
    return this.#database.transaction(async (transaction) => {
      const rows = () => transaction<FaultRow>('visitor_faults').where('visitor_id', visitorId);
      if (begins) {
        await transaction<FaultRow>('visitor_faults')
          .where('updated_at', '<', this.#now() - keptMs)
          .delete();
        await transaction<FaultRow>('visitor_faults')
          .insert({ visitor_id: visitorId, faults: JSON.stringify(nothing()), updated_at: this.#now() })
          .onConflict('visitor_id')
          .ignore();
      }
      const row = await rows().forUpdate().first('faults');
      if (row === undefined) return undefined;
      const waiting: WaitingFaults = JSON.parse(row.faults);
      const result = change(waiting);
      await rows().update({ faults: JSON.stringify(waiting), updated_at: this.#now() });
      return result;
    });
  }

  async remove(visitorId: string): Promise<void> {
    await this.#database('visitor_faults').where('visitor_id', visitorId).delete();
  }
}
