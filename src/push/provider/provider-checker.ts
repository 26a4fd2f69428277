import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { prepareChecks } from '../../fhir/index.js';
import { type CheckedText, checkText } from './provider-check.js';

/** Up to here a check takes some 10 ms; handing it over would not be quicker. */
const inPlaceCharacters = 64 * 1024;
const idleMs = 30_000;
const threadFile = new URL('./provider-check-thread.js', import.meta.url);

interface Waiting {
  resolve(checked: CheckedText): void;
  reject(error: Error): void;
}

/**
 * Checks texts without holding up other requests: short ones at once, long ones (a bundle of 5 MiB takes half a second
 * and more) one after the other in a thread of their own, which ends when it has had nothing to do for a while.
 */
export class ResourceChecker {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  #isPrepared = false;
  readonly #waiting = new Map<number, Waiting>();

  readonly #file: URL;

  /** @param file the compiled thread; where there is none (the app runs from its sources) all is checked in place */
  constructor(file: URL = threadFile) {
    this.#file = file;
  }

  /**
   * Makes the checks ready, which takes a fifth of a second and 16 MB: called when somebody opens the page, so that they
   * do not wait when they type, and whoever never sends to a provider does not pay.
   */
  prepareSoon(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    setImmediate(prepareChecks);
  }

  /** As `checkText`. Rejects only when the thread died, for example for want of memory. */
  async check(text: string): Promise<CheckedText> {
    if (text.length <= inPlaceCharacters || !existsSync(fileURLToPath(this.#file))) return checkText(text);
    const thread = this.#running();
    clearTimeout(this.#idle);
    const number = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      thread.postMessage({ number, text });
    });
  }

  #running(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(this.#file);
    thread.on('message', ({ number, checked }: { number: number; checked: CheckedText }) => {
      this.#waiting.get(number)?.resolve(checked);
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) this.#endWhenIdle(thread);
    });
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, new Error('the checking thread ended')));
    // It must not keep a process alive that is about to end. Last, because listening for messages undoes it.
    thread.unref();
    this.#thread = thread;
    return thread;
  }

  #endWhenIdle(thread: Worker): void {
    this.#idle = setTimeout(() => {
      this.#thread = undefined;
      void thread.terminate();
    }, idleMs);
    this.#idle.unref();
  }

  #lost(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
