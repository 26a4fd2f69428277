import type { Connection } from '../connections/index.js';
import type { ListedFile } from '../digime/index.js';
import { detailsOf, type FileDetails, timeOf } from './file-details.js';
import { type ReadingOptions, ReadSession } from './read-session.js';

/** The bytes of a file as they were read once: hexadecimal SHA-256, size in bytes. */
export interface ReadBytes {
  readonly sha256: string;
  readonly size: number;
}

/** One file of the library with what is known of it so far. */
export interface LibraryFile {
  readonly name: string;
  /** Unix milliseconds. */
  readonly updatedAt: number | undefined;
  details?: FileDetails;
  bytes?: ReadBytes;
  /** Bytes of the encrypted body, where digi.me announced them. */
  sentBytes?: number;
  /** Too large to be read without being asked. */
  isLarge?: boolean;
  /** How often its details could not be had. */
  failures: number;
}

/** `pending` and `running` (`protocol.md`, "file list") mean that more will come; anything else is final. */
export const isUnfinished = (state: string): boolean => state === 'pending' || state === 'running';

const maxFiles = 10_000;
const shortestPauseMs = 200;
const freshForMs = 60_000;

/** What one connection can read: the list so far and what was learnt of each file. It lives in memory only. */
export class ReadLibrary {
  /** What digi.me said last: `pending`, `running`, `partial`, `completed`, … */
  state = 'pending';
  /** There are more files than are kept. */
  isCut = false;
  /** Unix milliseconds. */
  lastLookAt = 0;
  readonly session: ReadSession;
  private readonly known = new Map<string, LibraryFile>();
  private lastPollAt = 0;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly options: ReadingOptions,
    readonly connection: Connection,
  ) {
    this.session = new ReadSession(options, connection);
  }

  /** The newest first. */
  get files(): LibraryFile[] {
    return [...this.known.values()].sort(
      (a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0) || (a.name < b.name ? -1 : 1),
    );
  }

  get size(): number {
    return this.known.size;
  }

  /** A file of the list; one that is not in it, or not yet, is as good as a name. */
  file(name: string): LibraryFile {
    return this.known.get(name) ?? { name, updatedAt: undefined, failures: 0 };
  }

  /**
   * Asks digi.me once how far it has got; calls at the same time share the answer. A finished list is asked for anew
   * when something was delivered since (`changedAt`, Unix milliseconds), when it is a minute old, or when `again` is
   * set; until the new one comes in, the old one stays. Rejects with what `ReadSession` rejects with.
   */
  look(wish: { changedAt: number | undefined; again: boolean }): Promise<void> {
    this.lastLookAt = this.options.now();
    this.looking ??= this.lookOnce(wish).finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookOnce({ changedAt = 0, again }: { changedAt: number | undefined; again: boolean }) {
    const now = this.options.now();
    const { startedAt } = this.session;
    if (startedAt !== undefined) {
      if (isUnfinished(this.state)) {
        if (Math.abs(now - this.lastPollAt) < shortestPauseMs) return;
      } else {
        if (!again && now - startedAt <= freshForMs && changedAt < startedAt) return;
        this.session.end();
        this.state = 'pending';
      }
    }
    const { status, fileList } = await this.session.list();
    this.lastPollAt = this.options.now();
    this.state = status.state;
    if (fileList !== undefined) this.take(fileList);
  }

  private take(listed: readonly ListedFile[]): void {
    this.isCut = listed.length > maxFiles;
    const kept = listed.slice(0, maxFiles);
    for (const entry of kept) {
      const updatedAt = timeOf(entry.updatedDate);
      const before = this.known.get(entry.name);
      // What was learnt of a file does not hold once something else was written to it.
      if (before === undefined || before.updatedAt !== updatedAt)
        this.known.set(entry.name, { name: entry.name, updatedAt, failures: 0, ...listedDetails(entry) });
    }
    if (isUnfinished(this.state)) return;
    const names = new Set(kept.map(({ name }) => name));
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
  }
}

/** A list that brings the metadata along saves asking for each file. */
function listedDetails({ metadata }: ListedFile): { details?: FileDetails } {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return {};
  return { details: detailsOf(metadata as Record<string, unknown>) };
}
