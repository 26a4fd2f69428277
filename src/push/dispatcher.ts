import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchSettings } from '../config.js';
import type { Connections } from '../onboarding/index.js';
import { asStorageError } from '../storage/index.js';
import type { Logger } from '../web/index.js';
import { classifyFailure, type Verdict } from './classify-failure.js';
import { type DeliveryParts, deliver } from './deliver.js';
import { type Attempt, isAboutOneAccount, type Push } from './push.js';
import type { PushEvents } from './push-events.js';
import { settleDelivery, settleFailure } from './settle.js';
import type { Settlement, WorkQueue } from './work-queue.js';

export interface DispatcherParts extends DeliveryParts {
  readonly queue: WorkQueue;
  readonly connections: Connections;
  readonly events: PushEvents;
  readonly settings: DispatchSettings;
  readonly log: Logger;
  readonly now: () => number;
}

/** How often it looks at the ledger without being woken: for other processes' work and for clocks that were set. */
const pollMs = 5000;
/** How long to leave a database alone that just failed. */
const troubleMs = 1000;

/**
 * Sends queued pushes, at most `concurrency` at once. It is woken for each new one and otherwise sleeps until the next
 * is due. It survives the database and the disk being away: then it tries again.
 */
export class Dispatcher {
  private readonly running = new Map<string, { done: Promise<void>; abort: AbortController }>();
  private timer: NodeJS.Timeout | undefined;
  private leaseTimer: NodeJS.Timeout | undefined;
  private pumping: Promise<void> | undefined;
  private wokenWhilePumping = false;
  private stopped = true;

  constructor(private readonly parts: DispatcherParts) {}

  /** Takes back what a dead process held, then begins to work. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.recover();
    await this.parts.queue.resumeReady();
    this.leaseTimer = setInterval(
      () => this.quietly(() => this.keepLeases()),
      this.parts.settings.leaseMs / 3,
    );
    this.leaseTimer.unref();
    this.wake();
  }

  /** Looks at the ledger soon. */
  wake(): void {
    if (this.stopped) return;
    if (this.pumping) this.wokenWhilePumping = true;
    else this.pumping = this.pump();
  }

  /**
   * Takes no more work, lets what is being sent finish for at most `withinMs`, then breaks it off and puts it back into
   * the queue.
   */
  async stop(withinMs: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    // What it is just claiming counts as well; without this an attempt would begin after the end.
    await this.pumping;
    const deadline = setTimeout(() => {
      for (const { abort } of this.running.values()) abort.abort(new Error('the app is shutting down'));
    }, withinMs);
    while (this.running.size > 0) await Promise.all([...this.running.values()].map(({ done }) => done));
    clearTimeout(deadline);
    // Only now: until here another process must not take over what is still being sent.
    clearInterval(this.leaseTimer);
  }

  /** Pushes that are being sent now. */
  get inProgress(): number {
    return this.running.size;
  }

  private async pump(): Promise<void> {
    clearTimeout(this.timer);
    try {
      do {
        this.wokenWhilePumping = false;
        await this.claimAll();
      } while (this.wokenWhilePumping && !this.stopped);
      await this.sleepUntilDue();
    } catch (error) {
      this.parts.log.error({ err: asStorageError(error) }, 'the ledger could not be read; trying again');
      this.sleep(troubleMs);
    } finally {
      this.pumping = undefined;
      // Woken between the last look and here: without this the wake-up would be lost until the next poll.
      if (this.wokenWhilePumping) this.wake();
    }
  }

  private async claimAll(): Promise<void> {
    for (;;) {
      const free = this.parts.settings.concurrency - this.running.size;
      if (this.stopped || free <= 0) return;
      const claimed = await this.parts.queue.claim(free, this.parts.settings.backoffCapMs + 60_000);
      for (const push of claimed) this.run(push);
      if (claimed.length < free) return;
    }
  }

  private async sleepUntilDue(): Promise<void> {
    if (this.stopped || this.running.size >= this.parts.settings.concurrency) return;
    const dueAt = await this.parts.queue.nextDueAt();
    this.sleep(dueAt === undefined ? pollMs : Math.min(pollMs, Math.max(0, dueAt - this.parts.now())));
  }

  private sleep(ms: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), ms);
    this.timer.unref();
  }

  private run(push: Push): void {
    const abort = new AbortController();
    const done = this.attempt(push, abort.signal)
      .catch((error) =>
        this.parts.log.error(
          { err: asStorageError(error), push: push.id },
          'an attempt could not be recorded; it is repeated after its lease',
        ),
      )
      .finally(() => {
        this.running.delete(push.id);
        this.parts.events.changed(push.id);
        this.wake();
      });
    this.running.set(push.id, { done, abort });
    this.parts.events.changed(push.id);
  }

  private async attempt(push: Push, signal: AbortSignal): Promise<void> {
    const startedAt = this.parts.now();
    const begun = performance.now();
    const measured = () => ({
      number: push.attempts,
      startedAt,
      durationMs: Math.round(performance.now() - begun),
    });
    const payload = await this.parts.queue.payloadOf(push.id);
    if (payload === undefined) {
      const lost = { code: 'PayloadMissing', message: 'the payload is no longer there' };
      this.parts.log.error({ push: push.id }, 'a push has no payload');
      return this.settle(push, { state: 'failed', attempt: { ...measured(), ...lost }, lastError: lost });
    }
    let settlement: Settlement;
    try {
      const delivery = await deliver(this.parts, push, payload, signal);
      settlement = settleDelivery(delivery, measured());
    } catch (error) {
      settlement = await this.settlementOf(push, error, measured());
    }
    await this.settle(push, settlement);
    if (settlement.state === 'delivered' && payload.spoolName !== undefined)
      await this.parts.spool.discard(payload.spoolName);
  }

  private async settlementOf(push: Push, error: unknown, attempt: Attempt): Promise<Settlement> {
    const verdict = await this.verdictOn(push, error);
    const settlement = settleFailure(push, error, attempt, verdict, {
      ...this.parts.settings,
      now: this.parts.now(),
      isStopping: this.stopped,
    });
    const { code, status, reference } = settlement.attempt;
    this.parts.log.warn(
      { push: push.id, code, status, reference, next: settlement.state, attempt: push.attempts },
      'an attempt failed',
    );
    return settlement;
  }

  private async verdictOn(push: Push, error: unknown): Promise<Verdict> {
    const verdict = classifyFailure(error);
    if (verdict.outcome === 'reauthorize' && verdict.scope === 'connection')
      await this.parts.connections.needsReauthorization(push.connectionId);
    // The connection was dropped while this was on its way: there is nobody left to deliver it for.
    if ((await this.parts.connections.get(push.connectionId)) === undefined)
      return { outcome: 'fail', possiblyArrived: false };
    return verdict;
  }

  private async settle(push: Push, settlement: Settlement): Promise<void> {
    await this.record(push, settlement);
    if (settlement.state !== 'needs-reauthorization' || isAboutOneAccount(settlement.lastError)) return;
    for (const id of await this.parts.queue.suspend(push.connectionId)) this.parts.events.changed(id);
  }

  /** What happened must not be forgotten because the ledger is away for a moment: that would send the push again. */
  private async record(push: Push, settlement: Settlement): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.parts.queue.settle(push.id, settlement);
      } catch (error) {
        if (tries * troubleMs > this.parts.settings.leaseMs || this.stopped) throw error;
        this.parts.log.error(
          { err: asStorageError(error), push: push.id },
          'an attempt could not be recorded; trying again',
        );
        await sleep(troubleMs);
      }
    }
  }

  private async recover(): Promise<void> {
    for (const push of await this.parts.queue.abandoned([...this.running.keys()])) {
      this.parts.log.warn(
        { push: push.id, attempt: push.attempts },
        'an attempt was interrupted; the push goes on',
      );
      await this.parts.queue.requeueAbandoned(push);
      this.parts.events.changed(push.id);
    }
  }

  private async keepLeases(): Promise<void> {
    if (this.running.size > 0) await this.parts.queue.renewLeases([...this.running.keys()]);
    if (this.stopped) return;
    await this.recover();
    await this.parts.queue.resumeReady();
    this.wake();
  }

  private quietly(task: () => Promise<void>): void {
    task().catch((error) =>
      this.parts.log.error({ err: asStorageError(error) }, 'leases could not be renewed; trying again'),
    );
  }
}
