import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

type Line = [kind: string, id: string, value?: unknown];

/** How many lines beyond the live records a journal may hold before it is written anew. */
const slackLines = 20_000;

/**
 * An append-only file of JSON lines behind a set of in-memory maps. A change is in the file before the call that made
 * it returns, so a killed process loses nothing; a line torn by that kill is ignored when the file is read again.
 */
export class Journal {
  readonly #path: string;
  readonly #kinds = new Map<string, Map<string, unknown>>();
  #file: number;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
    if (existsSync(path)) this.#replay(readFileSync(path, 'utf8'));
    this.#file = this.#rewrite();
  }

  /** The live map of one kind of record; treat it as read-only and change it through `put` and `drop`. */
  records<T>(kind: string): Map<string, T> {
    const map = this.#kinds.get(kind) ?? new Map<string, unknown>();
    this.#kinds.set(kind, map);
    return map as Map<string, T>;
  }

  put(kind: string, id: string, value: unknown): void {
    this.records(kind).set(id, value);
    this.#append([kind, id, value]);
  }

  drop(kind: string, id: string): void {
    if (this.records(kind).delete(id)) this.#append([kind, id]);
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #append(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#lines += 1;
    if (this.#lines > this.#liveCount() * 2 + slackLines) {
      closeSync(this.#file);
      this.#file = this.#rewrite();
    }
  }

  #liveCount(): number {
    let count = 0;
    for (const map of this.#kinds.values()) count += map.size;
    return count;
  }

  #replay(text: string): void {
    for (const row of text.split('\n')) {
      const line = parseLine(row);
      if (!line) continue;
      const [kind, id, value] = line;
      if (value === undefined) this.records(kind).delete(id);
      else this.records(kind).set(id, value);
    }
  }

  #rewrite(): number {
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, 'w', 0o600);
    for (const [kind, map] of this.#kinds) {
      for (const [id, value] of map) writeSync(file, `${JSON.stringify([kind, id, value])}\n`);
    }
    fsyncSync(file);
    renameSync(fresh, this.#path);
    this.#lines = this.#liveCount();
    return file;
  }
}

function parseLine(row: string): Line | undefined {
  try {
    return row ? (JSON.parse(row) as Line) : undefined;
  } catch {
    return undefined;
  }
}
