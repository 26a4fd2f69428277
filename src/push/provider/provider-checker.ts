import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.js';
import { type OpenedBody, openBody } from './json-body.js';
import { type CheckedText, type CheckRequest, checkText } from './provider-check.js';
import type { ThreadRequest } from './provider-check-thread.js';

/** Taking a short body apart takes a few milliseconds at most; handing it over would not be quicker. */
const inPlaceBytes = 64 * 1024;
const retryAfterSeconds = 5;
const threadFile = new URL('./provider-check-thread.js', import.meta.url);

/** How much the thread may take, and how much may wait for it. */
export interface CheckLimits {
  /** For one piece of work, beginning when it is its turn. */
  deadlineMs: number;
  maxHeapMb: number;
  /** Of one visitor, waiting and running. */
  maxPerVisitor: number;
  maxWaiting: number;
  maxWaitingBytes: number;
  /** The thread ends when it has had nothing to do for so long. */
  idleMs: number;
}

const defaultLimits: CheckLimits = {
  deadlineMs: 15_000,
  maxHeapMb: 512,
  maxPerVisitor: 4,
  maxWaiting: 32,
  maxWaitingBytes: 64 * 2 ** 20,
  idleMs: 30_000,
};

interface Job {
  request: ThreadRequest;
  bytes: number;
  visitor: string;
  resolve(found: CheckedText | OpenedBody): void;
  reject(error: Error): void;
}

/** Who asks, and when they no longer want to know. */
export interface Asker {
  visitor: string;
  signal?: AbortSignal;
}

/**
 * Checks texts without holding up other requests: one after the other, in a thread of its own with a deadline and a bound
 * on its memory. A text that breaks the thread fails alone: the others go on in the next one. What waits is bounded,
 * per visitor and in all, and is dropped when its client leaves.
 */
export class ResourceChecker {
  readonly #file: URL;
  readonly #limits: CheckLimits;
  readonly #waiting: Job[] = [];
  #waitingBytes = 0;
  #running: Job | undefined;
  #thread: Worker | undefined;
  readonly #online = new WeakSet<Worker>();
  #idle: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  /** @param file the compiled thread; where there is none (the app runs from its sources) all is checked in place */
  constructor(file: URL = threadFile, limits: Partial<CheckLimits> = {}) {
    this.#file = file;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /**
   * Makes the checks ready, which takes a fifth of a second: called when somebody opens the page, so that they do not wait
   * when they type, and whoever never sends to a provider does not pay.
   */
  prepareSoon(): void {
    if (this.#hasThread()) this.#startThread();
  }

  /**
   * As `checkText`.
   * @throws AppError TooManyRequests, TooManyUploads, UploadAborted when the client left, ProviderResourceInvalid when it
   *   took too long or too much memory
   */
  async check(request: CheckRequest, asker: Asker): Promise<CheckedText> {
    if (!this.#hasThread()) return checkText(request);
    return this.#enqueue({ check: request }, request.text.length, asker) as Promise<CheckedText>;
  }

  /** As `openBody`. @throws as `check` */
  async open(bytes: Uint8Array, asker: Asker): Promise<OpenedBody> {
    if (bytes.length <= inPlaceBytes || !this.#hasThread()) return openBody(bytes);
    return this.#enqueue({ open: bytes }, bytes.length, asker) as Promise<OpenedBody>;
  }

  #hasThread(): boolean {
    return existsSync(fileURLToPath(this.#file));
  }

  #enqueue(
    request: ThreadRequest,
    bytes: number,
    { visitor, signal }: Asker,
  ): Promise<CheckedText | OpenedBody> {
    if (signal?.aborted) return Promise.reject(new AppError('UploadAborted'));
    const mine = this.#waiting.filter((job) => job.visitor === visitor).length;
    if (mine + (this.#running?.visitor === visitor ? 1 : 0) >= this.#limits.maxPerVisitor) {
      return Promise.reject(
        new AppError('TooManyRequests', { retryAfterSeconds, values: { seconds: retryAfterSeconds } }),
      );
    }
    const isFull =
      this.#waiting.length >= this.#limits.maxWaiting ||
      this.#waitingBytes + bytes > this.#limits.maxWaitingBytes;
    if (isFull) return Promise.reject(new AppError('TooManyUploads', { retryAfterSeconds }));
    return new Promise((resolve, reject) => {
      const job: Job = { request, bytes, visitor, resolve, reject };
      signal?.addEventListener('abort', () => this.#drop(job), { once: true });
      this.#waiting.push(job);
      this.#waitingBytes += bytes;
      this.#next();
    });
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#endWhenIdle();
      return;
    }
    this.#waitingBytes -= job.bytes;
    this.#running = job;
    clearTimeout(this.#idle);
    const thread = this.#startThread();
    const beginDeadline = () => {
      if (this.#running !== job || this.#thread !== thread) return;
      this.#deadline = setTimeout(() => this.#lose(thread, 'fields:checkTooSlow'), this.#limits.deadlineMs);
    };
    // On a busy machine a new thread takes its time to start: that is not the text's doing.
    if (this.#online.has(thread)) beginDeadline();
    else thread.once('online', beginDeadline);
    thread.postMessage(job.request);
  }

  /** A client that left: what waits is forgotten, what runs makes room for the others. */
  #drop(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      this.#waitingBytes -= job.bytes;
    }
    job.reject(new AppError('UploadAborted'));
    if (this.#running === job && this.#waiting.length > 0 && this.#thread) this.#lose(this.#thread);
  }

  #startThread(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(this.#file, {
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.maxHeapMb, maxYoungGenerationSizeMb: 32 },
    });
    thread.on('message', (found: CheckedText | OpenedBody) => {
      if (this.#thread !== thread) return;
      const job = this.#finish();
      job?.resolve(found);
      this.#next();
    });
    thread.once('online', () => this.#online.add(thread));
    // Out of memory, or an error in the check itself: either way this text is the cause.
    thread.on('error', () => this.#lose(thread, 'fields:checkTooHeavy'));
    thread.on('exit', () => this.#lose(thread, 'fields:checkTooHeavy'));
    // It must not keep a process alive that is about to end. Last, because listening for messages undoes it.
    thread.unref();
    this.#thread = thread;
    if (this.#running === undefined) this.#endWhenIdle();
    return thread;
  }

  #finish(): Job | undefined {
    clearTimeout(this.#deadline);
    const job = this.#running;
    this.#running = undefined;
    return job;
  }

  #endWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      this.#thread = undefined;
      void thread?.terminate();
    }, this.#limits.idleMs);
    this.#idle.unref();
  }

  #lose(thread: Worker, reason?: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    void thread.terminate();
    const job = this.#finish();
    if (reason !== undefined) {
      job?.reject(
        new AppError('ProviderResourceInvalid', { details: [{ path: 'resource', message: reason }] }),
      );
    }
    this.#next();
  }
}
