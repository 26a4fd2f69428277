import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections } from '../connections/index.js';
import type { PushService } from '../push/index.js';
import { asStorageError } from '../storage/index.js';
import type { Logger } from '../web/index.js';
import { dropConnection } from './leave-connection.js';

const sweepEveryMs = 60 * 60_000;
/** After a sweep that failed, for example because the database was busy. */
const retryAfterMs = 60_000;
/** Between two steps others get their turn at the database. */
const pauseMs = 20;

export interface RetentionOptions {
  readonly connections: Connections;
  readonly pushes: Pick<PushService, 'ledger' | 'sweeper' | 'events' | 'retention'>;
  readonly log: Logger;
  /** Told of each connection that is gone. */
  onDisconnected(connectionId: string): void;
  /** Makes what was deleted unreadable on the disk as well. */
  eraseFreed(): Promise<void>;
}

/**
 * Ends what nobody comes back to, so that nothing is kept for ever: pushes that wait for a permission, entries of the
 * history, and connections whose visitor was not here for a long time. digi.me offers no way to give a token back
 * without the person; the pair is deleted, and its access token ends by itself.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Sweeps in the background, now and every hour. */
  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const isDone = await this.#sweep();
      await this.#pause(isDone ? sweepEveryMs : retryAfterMs);
    }
  }

  /** Ends early, without a rejection, when the app stops. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {});
  }

  /** Each part on its own: one that fails does not keep the others. @returns whether nothing failed */
  async #sweep(): Promise<boolean> {
    const parts = {
      pushes: () => this.#cancelWaiting(),
      entries: () => this.#options.pushes.retention.removeOld(),
      connections: () => this.#dropConnection(),
    };
    const counts: Record<string, number> = {};
    let isDone = true;
    const note = (error: unknown) => {
      isDone = false;
      const err = asStorageError(error);
      this.#options.log.error({ err }, 'old data could not be removed; trying again in a minute');
    };
    for (const [name, step] of Object.entries(parts))
      await this.#inSteps(step, (count) => {
        counts[name] = (counts[name] ?? 0) + count;
      }).catch(note);
    if (Object.keys(counts).length === 0) return isDone;
    this.#options.log.info(counts, 'ended what nobody came back to');
    await this.#options.eraseFreed().catch(note);
    return isDone;
  }

  /** @param step returns how many it handled, 0 when there are no more */
  async #inSteps(step: () => Promise<number>, onHandled: (count: number) => void): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const count = await step();
      if (count === 0) break;
      onHandled(count);
      await this.#pause(pauseMs);
    }
  }

  async #cancelWaiting(): Promise<number> {
    const { retention, sweeper, events } = this.#options.pushes;
    const ids = await retention.cancelWaiting();
    for (const id of ids) {
      await sweeper.release(id);
      events.changed(id);
    }
    return ids.length;
  }

  async #dropConnection(): Promise<number> {
    const { connections, pushes, onDisconnected } = this.#options;
    const connection = await connections.findUnvisited();
    if (connection === undefined) return 0;
    await dropConnection(connections, pushes, connection);
    onDisconnected(connection.id);
    return 1;
  }
}
