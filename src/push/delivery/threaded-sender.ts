import { AsyncResource } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ExchangeHook, UserAccessToken } from '../../digime/index.js';
import type { FromThread, ThreadSettings, ToThread } from './push-thread.js';
import type { Delivery, PushToSend, Sender, SendHooks } from './sender.js';
import { ThreadEnded } from './thread-ended.js';
import { errorFrom, plainError } from './thread-errors.js';

const threadFile = new URL('./push-thread.js', import.meta.url);
/** From so many pushes at once on another core is worth it; a single one is sent sooner without. */
const busyFrom = 3;
const idleMs = 30_000;

interface Running {
  readonly hooks: SendHooks;
  resolve(delivery: Delivery): void;
  reject(error: unknown): void;
}

/** Waits for the new token that the thread was asked to get. */
interface Refreshing {
  resolve(fresh: UserAccessToken): void;
  reject(error: unknown): void;
}

/** How `ThreadedSender` is set up. */
export interface ThreadedSenderOptions {
  /** Sends what must stay in this thread: what is intercepted, what only this process can read, and all while little is to do. */
  readonly direct: Sender;
  readonly settings: ThreadSettings;
  /** Gets every exchange, in the context of the call that it belongs to; as `init`'s hook of the same name. */
  readonly onExchange?: ExchangeHook | undefined;
  /** Told that the thread ended by itself. */
  readonly onLost?: (error: unknown) => void;
  /** The compiled thread; where there is none (the app runs from its sources) all is sent directly. */
  readonly file?: URL;
}

/**
 * Sends pushes in a thread of its own once there are several at the same time, so that signing, connections and answers
 * take nothing from the requests of people. The thread has its own client; tokens are refreshed under this process's lock.
 * When it ends by itself, what it was sending may have arrived, and the next push starts another one; one that could not
 * even start is not tried again.
 */
export class ThreadedSender implements Sender {
  readonly #options: ThreadedSenderOptions;
  #hasThread: boolean;
  readonly #running = new Map<number, Running>();
  readonly #refreshing = new Map<number, Refreshing>();
  #thread: Worker | undefined;
  #isReady = false;
  #inProgress = 0;
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ThreadedSenderOptions) {
    this.#options = options;
    this.#hasThread = existsSync(fileURLToPath(options.file ?? threadFile));
  }

  async send(push: PushToSend, hooks: SendHooks): Promise<Delivery> {
    this.#inProgress++;
    try {
      // Functions can't follow into another thread.
      if (!this.#hasThread || hooks.intercept !== undefined || !this.#canRead(push))
        return await this.#options.direct.send(push, hooks);
      if (this.#inProgress >= busyFrom) this.#start();
      return await (this.#isReady ? this.#sendThere(push, hooks) : this.#options.direct.send(push, hooks));
    } finally {
      this.#inProgress--;
    }
  }

  /** Ends the thread; what it is sending is broken off. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#forget();
    await thread?.terminate();
    this.#breakOff(undefined);
  }

  #canRead({ payload }: PushToSend): boolean {
    return payload.spoolName === undefined || this.#options.settings.dataDir !== undefined;
  }

  #sendThere(push: PushToSend, hooks: SendHooks): Promise<Delivery> {
    const id = ++this.#last;
    clearTimeout(this.#idle);
    const { signal, onExchange } = hooks;
    const both: ExchangeHook = (exchange) => {
      this.#options.onExchange?.(exchange);
      onExchange?.(exchange);
    };
    const sent = new Promise<Delivery>((resolve, reject) => {
      const watched = { ...hooks, onExchange: AsyncResource.bind(both) };
      this.#running.set(id, { hooks: watched, resolve, reject });
    });
    const abort = () => this.#tell({ id, abort: plainError(signal?.reason).message });
    this.#tell({ id, push });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    return sent.finally(() => {
      signal?.removeEventListener('abort', abort);
      this.#running.delete(id);
      if (this.#running.size === 0) this.#endWhenIdle();
    });
  }

  #tell(message: ToThread): void {
    this.#thread?.postMessage(message);
  }

  #start(): void {
    if (this.#thread !== undefined) return;
    const { file = threadFile, settings } = this.#options;
    // With this thread's environment: Node reads settings for TLS from it.
    const thread = new Worker(file, { workerData: settings });
    thread.on('message', (message: FromThread | 'ready') => {
      if (this.#thread !== thread) return;
      if (message !== 'ready') return this.#hear(message);
      this.#isReady = true;
      this.#endWhenIdle();
    });
    const lost = (error?: unknown) => this.#lose(thread, error);
    thread.once('error', lost);
    thread.once('exit', () => lost());
    // It must not keep a process alive that is about to end. Last, because listening for messages undoes it.
    thread.unref();
    this.#thread = thread;
  }

  #hear(message: FromThread): void {
    const { id } = message;
    const running = this.#running.get(id);
    if ('fresh' in message) this.#refreshing.get(id)?.resolve(message.fresh);
    else if ('notRefreshed' in message) this.#refreshing.get(id)?.reject(errorFrom(message.notRefreshed));
    else if (running !== undefined) this.#hearOf(running, message);
  }

  #hearOf({ hooks, resolve, reject }: Running, message: FromThread): void {
    if ('sentBytes' in message) hooks.onSent?.(message.sentBytes);
    else if ('exchange' in message) hooks.onExchange?.(message.exchange);
    else if ('stale' in message) void this.#refresh(message.id, hooks, message.stale);
    else if ('changed' in message) void hooks.onAccessTokenChange?.(message.changed);
    else if ('delivery' in message) resolve(message.delivery);
    else if ('failed' in message) reject(errorFrom(message.failed));
  }

  /** The thread's client found its token refused: another one is got under this process's lock, by the thread's client. */
  async #refresh(id: number, hooks: SendHooks, stale: UserAccessToken): Promise<void> {
    const refresh = () =>
      new Promise<UserAccessToken>((resolve, reject) => {
        this.#refreshing.set(id, { resolve, reject });
        this.#tell({ id, refresh: true });
      }).finally(() => this.#refreshing.delete(id));
    const { onAccessTokenRefresh } = hooks;
    try {
      const fresh = await (onAccessTokenRefresh ? onAccessTokenRefresh(refresh, stale) : refresh());
      this.#tell({ id, goOnWith: fresh });
    } catch (error) {
      this.#tell({ id, giveUp: plainError(error) });
    }
  }

  #endWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      this.#forget();
      void thread?.terminate();
    }, idleMs).unref();
  }

  #lose(thread: Worker, error: unknown): void {
    if (this.#thread !== thread) return;
    this.#hasThread &&= this.#isReady;
    this.#forget();
    this.#options.onLost?.(error);
    this.#breakOff(error);
  }

  #breakOff(cause: unknown): void {
    const ended = new ThreadEnded(cause);
    for (const { reject } of [...this.#refreshing.values(), ...this.#running.values()]) reject(ended);
  }

  #forget(): void {
    this.#thread = undefined;
    this.#isReady = false;
  }
}
