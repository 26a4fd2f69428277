import { createHash, randomUUID } from 'node:crypto';
import type { Database, SealedColumn, Sealer, Signals } from '../../storage/index.js';
import type { Step } from '../step.js';
import type { Journey, JourneyHead, Journeys, NewStep, Watcher } from './journeys.js';
import type { KeptRequests } from './kept-requests.js';

const stepsPerVisitor = 300;
const bytesPerVisitor = 4 * 2 ** 20;
/** Written together: a push brings several steps within milliseconds. */
const gatherMs = 20;
/** A signal may get lost: who is watched is looked at this often. */
const lookEveryMs = 2000;
const sweepEveryMs = 10 * 60_000;
const keptMs = 24 * 3_600_000;
const mostWaiting = 5000;

interface JourneyRow {
  visitor_id: string;
  id: string;
  count: number;
  updated_at: number;
}

interface StepRow {
  id: string;
  visitor_id: string;
  number: number;
  bytes: number;
  /** The process that can make the call again. */
  owner: string | null;
  data_sealed: string;
}

const contextOf = (id: string) => `step ${id}`;

/** Where steps are kept sealed: an answer may tell something about a person's health. */
export const sealedSteps: SealedColumn = {
  ...{ table: 'journey_steps', key: 'id', column: 'data_sealed' },
  contextOf,
};

interface Watched {
  head: JourneyHead;
  readonly watcher: Watcher;
}

interface SharedJourneysParts {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly signals: Signals;
  readonly requests: KeptRequests;
  readonly now: () => number;
  /** Told when steps could not be written: they are left out. */
  onTrouble(error: unknown): void;
}

/**
 * Keeps steps in the database that several processes share: at most 300 and 4 MiB of each visitor, for at most a day
 * after the last. They are written behind the calls that they are about and hold up none.
 */
export class SharedJourneys implements Journeys {
  readonly #parts: SharedJourneysParts;
  /** What is not written yet, by visitor. */
  #waiting = new Map<string, NewStep[]>();
  #waitingCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #watched = new Map<string, Set<Watched>>();
  readonly #looking = new Map<string, { again: boolean }>();
  readonly #lookTimer: NodeJS.Timeout;
  readonly #sweepTimer: NodeJS.Timeout;
  #isClosed = false;

  constructor(parts: SharedJourneysParts) {
    this.#parts = parts;
    parts.requests.onRepeated(() => this.settled());
    const lookAtAll = () => {
      for (const visitorId of this.#watched.keys()) void this.#look(visitorId);
    };
    parts.signals.listen('journey', (hash) => {
      for (const visitorId of this.#watched.keys())
        if (hashOf(visitorId) === hash) void this.#look(visitorId);
    });
    this.#lookTimer = setInterval(lookAtAll, lookEveryMs).unref();
    this.#sweepTimer = setInterval(() => this.#sweep().catch(parts.onTrouble), sweepEveryMs).unref();
  }

  add(visitorId: string, step: NewStep): void {
    if (this.#waitingCount >= mostWaiting) return;
    const mine = this.#waiting.get(visitorId) ?? [];
    this.#waiting.set(visitorId, mine);
    mine.push(step);
    this.#waitingCount++;
    this.#timer ??= setTimeout(() => void this.#write(), gatherMs);
  }

  settled(): Promise<void> {
    return this.#write();
  }

  async of(visitorId: string): Promise<Journey> {
    await this.#write();
    const head = await this.#head(visitorId);
    return { ...head, steps: head.count === 0 ? [] : await this.#steps(visitorId, 0) };
  }

  async headOf(visitorId: string): Promise<JourneyHead> {
    await this.#write();
    return this.#head(visitorId);
  }

  subscribe(visitorId: string, from: JourneyHead, watcher: Watcher): () => void {
    const all = this.#watched.get(visitorId) ?? new Set();
    const mine = { head: from, watcher };
    this.#watched.set(visitorId, all.add(mine));
    if (this.#isClosed) watcher.onClose();
    else void this.#look(visitorId);
    return () => {
      all.delete(mine);
      if (all.size === 0 && this.#watched.get(visitorId) === all) this.#watched.delete(visitorId);
    };
  }

  async clear(visitorId: string): Promise<void> {
    this.#waitingCount -= this.#waiting.get(visitorId)?.length ?? 0;
    this.#waiting.delete(visitorId);
    this.#parts.requests.forget(visitorId);
    await this.#writing;
    await this.#parts.database.transaction(async (transaction) => {
      await transaction('journeys').where('visitor_id', visitorId).delete();
      await transaction('journey_steps').where('visitor_id', visitorId).delete();
    });
    this.#changed(visitorId);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#lookTimer);
    clearInterval(this.#sweepTimer);
    for (const watched of this.#watched.values()) for (const { watcher } of watched) watcher.onClose();
    await this.#write();
  }

  #changed(visitorId: string): void {
    void this.#look(visitorId);
    this.#parts.signals.tell('journey', hashOf(visitorId));
  }

  /** Writes all that waits; resolves when it is written, or was left out because it could not be. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    if (batch.size === 0) return this.#writing;
    this.#waiting = new Map();
    this.#waitingCount = 0;
    this.#writing = this.#writing.then(async () => {
      for (const [visitorId, steps] of batch) {
        await this.#writeOf(visitorId, steps).then(() => this.#changed(visitorId), this.#parts.onTrouble);
      }
    });
    return this.#writing;
  }

  async #writeOf(visitorId: string, steps: readonly NewStep[]): Promise<void> {
    const { database, now } = this.#parts;
    await database.transaction(async (transaction) => {
      // Its row is held until the commit: numbers of other processes' steps come before or after.
      const [head] = await transaction<JourneyRow>('journeys')
        .insert({ visitor_id: visitorId, id: randomUUID(), count: steps.length, updated_at: now() })
        .onConflict('visitor_id')
        .merge({
          count: transaction.raw('journeys.count + excluded.count') as never,
          updated_at: now(),
        })
        .returning('count');
      const last = head?.count ?? 0;
      const first = last - steps.length + 1;
      const rows = steps.flatMap((step, index) =>
        index < steps.length - stepsPerVisitor ? [] : [this.#rowOf(visitorId, step, first + index)],
      );
      await transaction('journey_steps').insert(rows);
      await transaction('journey_steps')
        .where('visitor_id', visitorId)
        .andWhere('number', '<=', last - stepsPerVisitor)
        .delete();
      await transaction.raw(
        `delete from journey_steps where visitor_id = ? and number < ? and number <= (
           select max(number) from (
             select number, sum(bytes) over (order by number desc) as total from journey_steps where visitor_id = ?
           ) as newest where total > ?)`,
        [visitorId, last, visitorId, bytesPerVisitor],
      );
    });
  }

  #rowOf(visitorId: string, step: NewStep, number: number): StepRow {
    const id = randomUUID();
    const { made, ...shown } = step.kind === 'exchange' ? step : { ...step, made: undefined };
    const data = JSON.stringify({ ...shown, number });
    const owner = made && this.#parts.requests.keep(visitorId, id, made);
    return {
      ...{ id, visitor_id: visitorId, number, bytes: data.length, owner: owner ?? null },
      data_sealed: this.#parts.sealer.seal(data, contextOf(id)),
    };
  }

  async #head(visitorId: string): Promise<JourneyHead> {
    const row = await this.#parts
      .database<JourneyRow>('journeys')
      .where('visitor_id', visitorId)
      .first('id', 'count');
    return row ?? { id: '', count: 0 };
  }

  async #steps(visitorId: string, after: number): Promise<Step[]> {
    const rows: StepRow[] = await this.#parts
      .database<StepRow>('journey_steps')
      .where('visitor_id', visitorId)
      .andWhere('number', '>', after)
      .orderBy('number');
    return rows.flatMap((row) => this.#stepOf(row) ?? []);
  }

  /** `undefined` for a row that was sealed with a secret that is no longer in use. */
  #stepOf({ id, owner, data_sealed: sealed }: StepRow): Step | undefined {
    try {
      const step = JSON.parse(this.#parts.sealer.open(sealed, contextOf(id)).toString()) as Step;
      if (step.kind !== 'exchange' || owner === null) return step;
      const made = this.#parts.requests.of(id, owner);
      return { ...step, ...(made && { made }) };
    } catch {
      return undefined;
    }
  }

  /** Tells who watches what is new. One look at a time, so that steps come in their order. */
  async #look(visitorId: string): Promise<void> {
    const running = this.#looking.get(visitorId);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const mine = { again: true };
    this.#looking.set(visitorId, mine);
    while (mine.again && !this.#isClosed) {
      mine.again = false;
      // While the database is away there is nothing to tell; the next look will find it.
      await this.#tellNew(visitorId).catch(() => {});
    }
    this.#looking.delete(visitorId);
  }

  async #tellNew(visitorId: string): Promise<void> {
    const watched = () => [...(this.#watched.get(visitorId) ?? [])];
    if (watched().length === 0) return;
    const head = await this.#head(visitorId);
    const behind = watched().filter((one) => one.head.id !== head.id || one.head.count !== head.count);
    if (behind.length === 0) return;
    const isSame = (one: Watched) => one.head.id === head.id || one.head.id === '';
    const seen = Math.min(...behind.map((one) => (isSame(one) ? one.head.count : 0)));
    const steps = await this.#steps(visitorId, seen);
    for (const one of behind) {
      const after = isSame(one) ? one.head.count : 0;
      if (!isSame(one)) one.watcher.onNewJourney({ id: head.id, count: 0 });
      for (const step of steps) if (step.number > after) one.watcher.onStep(step);
      one.head = { id: head.id, count: Math.max(head.count, steps.at(-1)?.number ?? 0) };
    }
  }

  /** What nobody added to for a day is removed, also of visitors who never came back. */
  async #sweep(): Promise<void> {
    const { database, now } = this.#parts;
    const old = await database('journeys')
      .where('updated_at', '<', now() - keptMs)
      .limit(500)
      .pluck('visitor_id');
    await database('journeys').whereIn('visitor_id', old).delete();
    await database('journey_steps').whereIn('visitor_id', old).delete();
  }
}

/** A visitor's id is nobody else's business. */
const hashOf = (visitorId: string) => createHash('sha256').update(visitorId).digest('base64url');
