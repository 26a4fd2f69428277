import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchSettings } from '../../config/index.js';
import type { Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import type { Recorder } from '../../inspector/index.js';
import { asStorageError, type PayloadStore } from '../../storage/index.js';
import type { Tracing } from '../../tracing/index.js';
import type { Logger } from '../../web/index.js';
import type { PushEvents } from '../ledger/push-events.js';
import type { PayloadRecord, Settlement, WorkQueue } from '../ledger/work-queue.js';
import { type Attempt, isAboutOneAccount, type Push, type PushState } from '../push.js';
import type { PushMetrics } from '../push-metrics.js';
import { classifyFailure, type Verdict } from './classify-failure.js';
import type { Deliverer } from './deliver.js';
import type { PlatformCircuit } from './platform-circuit.js';
import { settleDelivery, settleFailure } from './settle.js';

/** How long to leave a database alone that just failed. */
const troubleMs = 1000;

/** What `AttemptMaker` uses. */
interface AttemptMakerParts {
  readonly deliverer: Deliverer;
  readonly circuit: PlatformCircuit;
  readonly queue: WorkQueue;
  readonly connections: Connections;
  readonly events: PushEvents;
  readonly spool: Pick<PayloadStore, 'discard'>;
  readonly recorder: Pick<Recorder, 'browserStep'>;
  readonly metrics: Pick<PushMetrics, 'attemptSettled'>;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly settings: DispatchSettings;
  readonly log: Logger;
  readonly now: () => number;
}

/** Makes attempts: delivers what was claimed, decides what follows and records it. */
export class AttemptMaker {
  #isStopping = false;

  readonly #parts: AttemptMakerParts;

  constructor(parts: AttemptMakerParts) {
    this.#parts = parts;
  }

  /** From now on what is broken off goes back into the queue: the process is about to end. */
  beginStopping(): void {
    this.#isStopping = true;
  }

  /**
   * One attempt to deliver a push that this process holds the lease of.
   * @param atHand the payload, where its intake still has it; else it is looked up
   * @returns the state that the push is in now
   * @throws Error when the outcome could not be recorded; the lease then runs out and the push is tried again
   */
  make(push: Push, signal: AbortSignal, atHand?: PayloadRecord): Promise<PushState> {
    const facts = { 'push.id': push.id, 'push.type': push.type, 'push.attempt': push.attempts };
    // Whoever woke the dispatcher need not have brought this push: only what was kept with it says where it belongs.
    const parent = push.traceParent ?? null;
    return this.#parts.tracing.span(
      { name: 'push attempt', kind: 'consumer', facts, parent },
      async (add) => {
        const { state, attempt } = await this.#make(push, signal, atHand);
        add({ 'push.state': state, ...(attempt.code !== undefined && { 'error.type': attempt.code }) });
        return state;
      },
    );
  }

  async #make(push: Push, signal: AbortSignal, atHand?: PayloadRecord): Promise<Settlement> {
    const startedAt = this.#parts.now();
    const begun = performance.now();
    const measured = () => ({
      number: push.attempts,
      startedAt,
      durationMs: Math.round(performance.now() - begun),
    });
    const payload = atHand ?? (await this.#patiently(push, () => this.#parts.queue.payloadOf(push.id)));
    if (payload === undefined) {
      const lost = { code: 'PayloadMissing', message: 'the payload is no longer there' };
      this.#parts.log.error({ push: push.id }, 'a push has no payload');
      const settlement: Settlement = {
        state: 'failed',
        attempt: { ...measured(), ...lost },
        lastError: lost,
      };
      await this.#settle(push, settlement);
      return settlement;
    }
    let settlement: Settlement;
    try {
      const delivery = await this.#parts.deliverer.deliver(push, payload, signal);
      this.#parts.circuit.succeeded();
      settlement = settleDelivery(delivery, measured());
    } catch (error) {
      this.#parts.circuit.failed(error, push.type);
      settlement = await this.#settlementOf(push, error, measured());
    }
    await this.#settle(push, settlement);
    if (settlement.state === 'delivered' && payload.spoolName !== undefined)
      await this.#parts.spool.discard(payload.spoolName);
    return settlement;
  }

  async #settlementOf(push: Push, error: unknown, attempt: Attempt): Promise<Settlement> {
    const verdict = await this.#patiently(push, () => this.#verdictOn(push, error));
    const settlement = settleFailure(push, error, attempt, verdict, {
      ...this.#parts.settings,
      now: this.#parts.now(),
      isStopping: this.#isStopping,
    });
    const { code, status, reference } = settlement.attempt;
    this.#parts.log.warn(
      { push: push.id, code, status, reference, next: settlement.state, attempt: push.attempts },
      'an attempt failed',
    );
    return settlement;
  }

  async #verdictOn(push: Push, error: unknown): Promise<Verdict> {
    const connection = await this.#parts.connections.get(push.connectionId);
    // The connection was dropped while this was on its way: there is nobody left to deliver it for.
    if (connection === undefined) return { outcome: 'fail', possiblyArrived: false };
    const verdict = classifyFailure(error);
    if (verdict.outcome !== 'reauthorize' || verdict.scope !== 'connection') return verdict;
    // Refused, and yet not marked: the person authorized again while this was on its way.
    if (connection.state === 'active') return { outcome: 'retry', possiblyArrived: false };
    return verdict;
  }

  async #settle(push: Push, settlement: Settlement): Promise<void> {
    await this.#patiently(push, () => this.#record(push, settlement));
    this.#parts.metrics.attemptSettled(push, settlement.state, settlement.attempt);
    this.#parts.recorder.browserStep(push.visitorId, 'push-state', {
      push: push.id,
      state: settlement.state,
    });
    if (settlement.state !== 'needs-reauthorization' || isAboutOneAccount(settlement.lastError)) return;
    for (const id of await this.#parts.queue.suspend(push.connectionId)) this.#parts.events.changed(id);
  }

  /** Where the database refuses what came with the outcome, the bare outcome is kept: without it the push would go again. */
  async #record(push: Push, settlement: Settlement): Promise<void> {
    try {
      await this.#parts.queue.settle(push.id, settlement);
    } catch (error) {
      if (asStorageError(error) instanceof AppError) throw error;
      this.#parts.log.error(
        { err: error, push: push.id },
        'an outcome could not be written; its details are left out',
      );
      const { number, startedAt } = settlement.attempt;
      const { state, nextAttemptAt, possiblyDuplicated } = settlement;
      await this.#parts.queue.settle(push.id, {
        state,
        attempt: { number, startedAt, code: 'OutcomeNotRecorded' },
        ...(nextAttemptAt !== undefined && { nextAttemptAt }),
        ...(possiblyDuplicated !== undefined && { possiblyDuplicated }),
      });
    }
  }

  /**
   * Does something with the ledger, again and again while that is away for a moment: to forget what happened would send
   * the push again, and to leave it to its lease would keep it waiting.
   */
  async #patiently<T>(push: Push, task: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await task();
      } catch (error) {
        if (tries * troubleMs > this.#parts.settings.leaseMs || this.#isStopping) throw error;
        this.#parts.log.error(
          { err: asStorageError(error), push: push.id },
          'the ledger is away; trying again',
        );
        await sleep(troubleMs);
      }
    }
  }
}
