interface Watcher {
  changed(): void;
  ended(): void;
}

/** Tells who watches a push that it changed; in this process only, so watchers also look at the ledger now and then. */
export class PushEvents {
  readonly #watchers = new Map<string, Set<Watcher>>();
  #closed = false;

  changed(pushId: string): void {
    for (const watcher of this.#watchers.get(pushId) ?? []) watcher.changed();
  }

  /**
   * @param ended is called when the process is about to stop: an open stream would hold that up until its deadline
   * @returns a function that ends the watch
   */
  watch(pushId: string, changed: () => void, ended: () => void): () => void {
    if (this.#closed) {
      ended();
      return () => {};
    }
    const watcher = { changed, ended };
    const all = this.#watchers.get(pushId) ?? new Set();
    this.#watchers.set(pushId, all.add(watcher));
    return () => {
      all.delete(watcher);
      if (all.size === 0 && this.#watchers.get(pushId) === all) this.#watchers.delete(pushId);
    };
  }

  /** Ends all watches, those still to come too. */
  close(): void {
    this.#closed = true;
    for (const watcher of [...this.#watchers.values()].flatMap((all) => [...all])) watcher.ended();
  }
}
