import { pipeline, type Readable, Transform } from 'node:stream';
import type { Signals } from '../../storage/index.js';

/** A smaller file is gone before anybody could look. */
const smallestShownBytes = 1024 * 1024;
/** Nobody sees more than a few steps a second. */
const tellEveryMs = 250;

/** How much of a file an attempt has given to the connection; the network's own buffers hold a little of that. */
export interface Progress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

interface Running {
  sentBytes: number;
  totalBytes: number;
  toldAt: number;
}

/** How far attempts are, for who looks on: those of this process, and what other processes say of theirs. */
export class AttemptProgress {
  readonly #running = new Map<string, Running>();
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
    const running = this.#running.get(pushId);
    return running && { sentBytes: running.sentBytes, totalBytes: running.totalBytes };
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

  /** Counts what is read of a file that is being sent; where it is sent again, after a refresh, from the start. */
  measure(pushId: string, totalBytes: number, file: Readable): Readable {
    if (totalBytes < smallestShownBytes) return file;
    const running: Running = { sentBytes: 0, totalBytes, toldAt: 0 };
    this.#running.set(pushId, running);
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        running.sentBytes += chunk.length;
        this.#tell(pushId, running);
        done(null, chunk);
      },
    });
    // The end and every fault reach both sides; who sends the file sees them on what it was given.
    pipeline(file, counter, () => undefined);
    return counter;
  }

  /** The attempt has ended, however it did. */
  ended(pushId: string): void {
    this.#running.delete(pushId);
  }

  #tell(pushId: string, running: Running): void {
    const now = performance.now();
    if (now - running.toldAt < tellEveryMs && running.sentBytes < running.totalBytes) return;
    running.toldAt = now;
    const { sentBytes, totalBytes } = running;
    this.#notify(pushId, { sentBytes, totalBytes });
    this.#signals.tell('progress', `${pushId} ${sentBytes} ${totalBytes}`);
  }

  #notify(pushId: string, progress: Progress): void {
    for (const notify of this.#watchers.get(pushId) ?? []) notify(progress);
  }
}
