import type { Journal } from './journal.js';

/** One kind of record, found by its id and kept across restarts. */
export class Collection<T> {
  readonly #journal: Journal;
  readonly #kind: string;

  constructor(journal: Journal, kind: string) {
    this.#journal = journal;
    this.#kind = kind;
  }

  get(id: string): T | undefined {
    return this.#journal.records<T>(this.#kind).get(id);
  }

  put(id: string, value: T): T {
    this.#journal.put(this.#kind, id, value);
    return value;
  }

  drop(id: string): void {
    this.#journal.drop(this.#kind, id);
  }

  all(): T[] {
    return [...this.#journal.records<T>(this.#kind).values()];
  }

  where(matches: (value: T) => boolean): T[] {
    return this.all().filter(matches);
  }

  dropWhere(matches: (value: T, id: string) => boolean): void {
    for (const [id, value] of [...this.#journal.records<T>(this.#kind)]) {
      if (matches(value, id)) this.drop(id);
    }
  }
}
