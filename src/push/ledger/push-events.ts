import type { Signals } from '../../storage/index.js';
import type { Ledger } from './ledger.js';

/** A signal may get lost: the ledger is asked this often, for all watched pushes together. */
const lookEveryMs = 2000;

/**
 * Tells who watches a push that it changed: at once where this process changed it or another one says that it did, else
 * at the next look at the ledger.
 */
export class PushEvents {
  readonly #ledger: Pick<Ledger, 'versionsOf'>;
  readonly #signals: Signals;
  readonly #watchers = new Map<string, Set<() => void>>();
  /** What the last look saw of each watched push. */
  #versions = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ledger: Pick<Ledger, 'versionsOf'>, signals: Signals) {
    this.#ledger = ledger;
    this.#signals = signals;
    signals.listen('push', (pushId) => this.#notify(pushId));
  }

  changed(pushId: string): void {
    this.#notify(pushId);
    this.#signals.tell('push', pushId);
  }

  #notify(pushId: string): void {
    for (const notify of this.#watchers.get(pushId) ?? []) notify();
  }

  /** @returns a function that ends the watch */
  watch(pushId: string, notify: () => void): () => void {
    const all = this.#watchers.get(pushId) ?? new Set();
    this.#watchers.set(pushId, all.add(notify));
    this.#lookLater();
    return () => {
      all.delete(notify);
      if (all.size > 0 || this.#watchers.get(pushId) !== all) return;
      this.#watchers.delete(pushId);
      this.#versions.delete(pushId);
      if (this.#watchers.size === 0) this.#stopLooking();
    };
  }

  #lookLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  #stopLooking(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    // While the database is away there is nothing to tell; who watches is told when it is back.
    const found = await this.#ledger.versionsOf([...this.#watchers.keys()]).catch(() => undefined);
    this.#timer = undefined;
    if (this.#watchers.size === 0) return;
    this.#lookLater();
    if (found === undefined) return;
    for (const pushId of this.#watchers.keys()) {
      const before = this.#versions.get(pushId);
      const now = found.get(pushId) ?? 'gone';
      this.#versions.set(pushId, now);
      // The first look has nothing to compare with, and the change may lie between the watcher's own look and this one.
      if (before !== now) this.#notify(pushId);
    }
  }
}
