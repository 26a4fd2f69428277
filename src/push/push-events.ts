/** Tells who watches a push that it changed; in this process only, so watchers also look at the ledger now and then. */
export class PushEvents {
  private readonly watchers = new Map<string, Set<() => void>>();

  changed(pushId: string): void {
    for (const watcher of this.watchers.get(pushId) ?? []) watcher();
  }

  /** @returns a function that ends the watch. */
  watch(pushId: string, watcher: () => void): () => void {
    const all = this.watchers.get(pushId) ?? new Set();
    this.watchers.set(pushId, all.add(watcher));
    return () => {
      all.delete(watcher);
      if (all.size === 0) this.watchers.delete(pushId);
    };
  }
}
