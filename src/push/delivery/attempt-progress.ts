import type { Signals } from '../../storage/index.js';

/** How much of a file an attempt has given to the connection; the network's own buffers hold a little of that. */
export interface Progress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** How far attempts are, for who looks on: those of this process, and what other processes say of theirs. */
export class AttemptProgress {
  readonly #running = new Map<string, Progress>();
  readonly #watchers = new Map<string, Set<(progress: Progress) => void>>();
  readonly #signals: Signals;

  constructor(signals: Signals) {
    this.#signals = signals;
    signals.listen('progress', (text) => {
      const [pushId = '', sentBytes, totalBytes] = text.split(' ');
      this.#notify(pushId, { sentBytes: Number(sentBytes), totalBytes: Number(totalBytes) });
    });
  }

  /** The progress of an attempt that is under way here; `undefined` for any other push and for small files. */
  of(pushId: string): Progress | undefined {
    return this.#running.get(pushId);
  }

  /** Calls `notify` at once where an attempt is under way, and a few times a second while it moves. @returns a function that ends the watch */
  watch(pushId: string, notify: (progress: Progress) => void): () => void {
    const all = this.#watchers.get(pushId) ?? new Set();
    this.#watchers.set(pushId, all.add(notify));
    const now = this.of(pushId);
    if (now) notify(now);
    return () => {
      all.delete(notify);
      if (all.size === 0 && this.#watchers.get(pushId) === all) this.#watchers.delete(pushId);
    };
  }

  /** The attempt has got this far; where it is made again, after a refresh, from the start. */
  moved(pushId: string, progress: Progress): void {
    this.#running.set(pushId, progress);
    this.#notify(pushId, progress);
    this.#signals.tell('progress', `${pushId} ${progress.sentBytes} ${progress.totalBytes}`);
  }

  /** The attempt has ended, however it did. */
  ended(pushId: string): void {
    this.#running.delete(pushId);
  }

  #notify(pushId: string, progress: Progress): void {
    for (const notify of this.#watchers.get(pushId) ?? []) notify(progress);
  }
}
