import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchSettings } from '../../config/index.js';
import { asStorageError, type Signals } from '../../storage/index.js';
import type { Logger } from '../../web/index.js';
import type { PushEvents } from '../ledger/push-events.js';
import type { PayloadRecord, WorkQueue } from '../ledger/work-queue.js';
import type { Push } from '../push.js';
import type { AttemptMaker } from './make-attempt.js';
import type { PlatformCircuit } from './platform-circuit.js';
import type { RecentPayloads } from './recent-payloads.js';

/** How often it looks at the ledger without being woken: for other processes' work and for clocks that were set. */
const pollMs = 5000;
/** How long a claim waits for more places to become free. */
const gatherMs = 4;
/** How long to leave a database alone that just failed. */
const troubleMs = 1000;
const commitMs = 10;

const shuttingDown = () => new Error('the app is shutting down');

/** What `Dispatcher` uses. */
interface DispatcherParts {
  readonly queue: WorkQueue;
  readonly attempts: AttemptMaker;
  readonly recent: Pick<RecentPayloads, 'take'>;
  readonly circuit: PlatformCircuit;
  readonly events: Pick<PushEvents, 'changed'>;
  readonly signals: Signals;
  readonly settings: Pick<DispatchSettings, 'concurrency' | 'leaseMs' | 'backoffCapMs'>;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * Sends queued pushes, at most `concurrency` at once. It is woken for each new one and otherwise sleeps until the next
 * is due. It survives the database and the disk being away: then it tries again.
 */
export class Dispatcher {
  /** Slots reserved for pushes that are being committed. */
  #reserved = 0;
  readonly #running = new Map<string, { done: Promise<void>; abort: AbortController }>();
  #timer: NodeJS.Timeout | undefined;
  #leaseTimer: NodeJS.Timeout | undefined;
  #lapseTimer: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #wokenWhilePumping = false;
  #stopped = true;
  #isOver = false;
  /** Whether something due may be in the queue: a place that becomes free is then worth a look at the ledger. */
  #hasBacklog = true;

  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    parts.signals.listen('queue', () => this.wake());
  }

  /** Takes back what a dead process held, then begins to work. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.#recover();
    await this.#parts.queue.resumeReady();
    this.#leaseTimer = setInterval(
      () => this.#quietly(() => this.#keepLeases()),
      this.#parts.settings.leaseMs / 3,
    );
    this.#leaseTimer.unref();
    this.wake();
  }

  get #free(): number {
    const { settings, circuit } = this.#parts;
    return Math.min(settings.concurrency, circuit.allowed) - this.#running.size - this.#reserved;
  }

  /** Reserves a free slot for a push that is about to be committed; `send` or `giveBack` ends that. */
  reserve(): boolean {
    if (this.#stopped || this.#free <= 0) return false;
    this.#reserved++;
    return true;
  }

  giveBack(): void {
    this.#reserved--;
    this.wake();
  }

  /** Sends a push that was committed under this process's lease, with the payload that its intake still has at hand. */
  send(push: Push, payload: PayloadRecord): void {
    this.#reserved--;
    this.#run(push, payload);
  }

  /** Something became due: this process looks at the ledger soon, and the others that share it do. */
  announce(): void {
    this.wake();
    this.#parts.signals.tell('queue', '');
  }

  /** Looks at the ledger soon. */
  wake(): void {
    if (this.#stopped) return;
    this.#hasBacklog = true;
    if (this.#pumping) this.#wokenWhilePumping = true;
    else this.#pumping = this.#pump();
  }

  /**
   * Takes no more work, lets what is being sent finish for at most `withinMs`, then breaks it off and puts it back into
   * the queue.
   */
  async stop(withinMs: number): Promise<void> {
    this.#stopped = true;
    this.#parts.attempts.beginStopping();
    clearTimeout(this.#timer);
    // What it is just claiming counts as well; without this an attempt would begin after the end.
    await this.#pumping;
    const deadline = setTimeout(() => {
      this.#isOver = true;
      for (const { abort } of this.#running.values()) abort.abort(shuttingDown());
    }, withinMs);
    while (this.#running.size + this.#reserved > 0) {
      await Promise.all([...this.#running.values()].map(({ done }) => done));
      // A slot is reserved for a push that is being committed: that one comes as well.
      if (this.#reserved > 0) await sleep(commitMs);
    }
    clearTimeout(deadline);
    // Only now: until here another process must not take over what is still being sent.
    clearInterval(this.#leaseTimer);
    clearTimeout(this.#lapseTimer);
  }

  /** Pushes that are being sent now. */
  get inProgress(): number {
    return this.#running.size;
  }

  async #pump(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      do {
        this.#wokenWhilePumping = false;
        await this.#claimAll();
      } while (this.#wokenWhilePumping && !this.#stopped);
      await this.#sleepUntilDue();
    } catch (error) {
      this.#parts.log.error({ err: asStorageError(error) }, 'the ledger could not be read; trying again');
      this.#sleep(troubleMs);
    } finally {
      this.#pumping = undefined;
      // Woken between the last look and here: without this the wake-up would be lost until the next poll.
      if (this.#wokenWhilePumping) this.wake();
    }
  }

  async #claimAll(): Promise<void> {
    // Under load places become free one by one: a moment later there are several, and one claim serves them all.
    if (this.#running.size > 0 && this.#free < this.#parts.settings.concurrency / 4) await sleep(gatherMs);
    for (;;) {
      const free = this.#free;
      if (this.#stopped || free <= 0) return;
      const claimed = await this.#parts.queue.claim(free);
      for (const push of claimed) this.#run(push, this.#parts.recent.take(push.id));
      if (claimed.length > 0) continue;
      this.#hasBacklog = this.#wokenWhilePumping;
      return;
    }
  }

  async #sleepUntilDue(): Promise<void> {
    if (this.#stopped) return;
    const { waitMs } = this.#parts.circuit;
    if (waitMs > 0) {
      this.#sleep(waitMs);
      return;
    }
    if (this.#free <= 0) return;
    const dueAt = await this.#parts.queue.nextDueAt();
    this.#sleep(dueAt === undefined ? pollMs : Math.min(pollMs, Math.max(0, dueAt - this.#parts.now())));
  }

  #sleep(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), ms);
    this.#timer.unref();
  }

  #run(push: Push, payload?: PayloadRecord): void {
    const abort = new AbortController();
    if (this.#isOver) abort.abort(shuttingDown());
    const done = this.#parts.attempts
      .make(push, abort.signal, payload)
      .then((state) => {
        // It waits for its next attempt: the timer must know of it.
        if (state === 'queued') this.#hasBacklog = true;
      })
      .catch((error) =>
        this.#parts.log.error(
          { err: asStorageError(error), push: push.id },
          'an attempt could not be recorded; it is repeated after its lease',
        ),
      )
      .finally(() => {
        this.#running.delete(push.id);
        this.#parts.events.changed(push.id);
        if (this.#hasBacklog) this.wake();
      });
    this.#running.set(push.id, { done, abort });
    this.#parts.events.changed(push.id);
  }

  async #recover(): Promise<void> {
    await this.#parts.queue.bringForward(this.#parts.settings.backoffCapMs + 60_000);
    for (const push of await this.#parts.queue.abandoned([...this.#running.keys()])) {
      this.#parts.log.warn(
        { push: push.id, attempt: push.attempts },
        'an attempt was interrupted; the push goes on',
      );
      await this.#parts.queue.requeueAbandoned(push);
      this.#parts.events.changed(push.id);
    }
  }

  async #keepLeases(): Promise<void> {
    if (this.#running.size > 0) await this.#parts.queue.renewLeases([...this.#running.keys()]);
    if (this.#stopped) return;
    await this.#recover();
    await this.#parts.queue.resumeReady();
    this.wake();
    // Renewed long before, unless its process has ended: then nobody waits longer than the lease.
    const lapseMs = await this.#parts.queue.nextLapseMs();
    if (lapseMs === undefined || lapseMs > this.#parts.settings.leaseMs / 3) return;
    clearTimeout(this.#lapseTimer);
    const takeOver = async () => {
      if (this.#stopped) return;
      await this.#recover();
      this.wake();
    };
    this.#lapseTimer = setTimeout(() => this.#quietly(takeOver), Math.max(0, lapseMs) + 1);
    this.#lapseTimer.unref();
  }

  #quietly(task: () => Promise<void>): void {
    task().catch((error) =>
      this.#parts.log.error({ err: asStorageError(error) }, 'leases could not be renewed; trying again'),
    );
  }
}
