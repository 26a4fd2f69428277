import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { type SessionData, Store } from 'express-session';
import { AppError } from '../errors.js';
import { asStorageError, type Database, readRows, type SealedColumn, type Sealer } from '../storage/index.js';

/** A session's expiry is written at most this often: a write per request would cost an fsync each. */
const touchEveryMs = 15 * 60_000;
const rememberedTouches = 10_000;
const sweepEveryMs = 10 * 60_000;
/** Rows that are sealed in one go when the app starts. */
const sealedTogether = 200;

declare module 'express-session' {
  interface SessionData {
    /** The row that this was read from, as it was then; never stored. */
    readFrom?: string;
  }
}

export interface SessionStoreOptions {
  readonly database: Database;
  readonly sealer: Sealer;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Idle for this long, a session has ended. */
  readonly idleMs: number;
  /** Told that a visitor is there, at most every quarter of an hour for each session. */
  onVisit(visitorId: string): Promise<void>;
  /** Told when old sessions could not be removed. */
  onError(error: unknown): void;
}

interface SessionRow {
  id: string;
  data: string;
  expires_at: number;
}

/** The id in the cookie opens a session, so only its hash is stored. */
const rowId = (sid: string) => createHash('sha256').update(sid).digest('hex');
const contextOf = (id: string) => `session ${id}`;

/** Where the contents of sessions are kept. */
export const sealedSessions: SealedColumn = {
  ...{ table: 'sessions', key: 'id', column: 'data' },
  contextOf,
};

/** Whatever is wrong with the store, without it no request can be told whose it is. */
function asUnavailable(error: unknown): AppError {
  const known = asStorageError(error);
  return known instanceof AppError
    ? known
    : new AppError('StorageUnavailable', { cause: error, retryAfterSeconds: 5 });
}

type Callback = (error?: unknown) => void;

/** Another request, of this process or another one, changed or ended the session since it was read. */
export class SessionChanged extends Error {
  override readonly name = 'SessionChanged';
}

/**
 * Sessions in the app's database, their contents sealed: they hold code verifiers and states. A session that was ended
 * or got another id stays ended: only one that was made here and not yet saved is inserted, all others are updated where
 * they still exist.
 */
export class SessionStore extends Store {
  readonly #options: SessionStoreOptions;
  readonly #touched = new Map<string, number>();
  readonly #unsaved = new WeakSet<object>();
  readonly #onlyUnchanged = new WeakSet<object>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: SessionStoreOptions) {
    super();
    this.#options = options;
    this.#timer = setInterval(() => void this.sweep().catch(options.onError), sweepEveryMs);
    this.#timer.unref();
  }

  /** Tells the store of a session that was made and is not in the database yet. */
  expectNew(session: object): void {
    this.#unsaved.add(session);
  }

  /**
   * Lets the next save of this session take place only where nobody changed it since it was read, be it in another
   * process: else it fails with `SessionChanged`.
   */
  expectUnchanged(session: object): void {
    this.#onlyUnchanged.add(session);
  }

  isNew(req: Request): boolean {
    return this.#unsaved.has(req.session);
  }

  /** Ends the timer. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Seals what an earlier version stored in clear. */
  async sealOld(): Promise<void> {
    for (;;) {
      const rows: SessionRow[] = await this.#rows().where('data', 'like', '{%').limit(sealedTogether);
      if (rows.length === 0) return;
      for (const { id, data } of rows)
        await this.#rows()
          .where({ id, data })
          .update({ data: this.#seal(id, data) });
    }
  }

  /** Removes the sessions that have expired. */
  async sweep(): Promise<void> {
    await this.#rows().where('expires_at', '<=', this.#options.now()).delete();
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const id = rowId(sid);
    this.#answer(
      async () => {
        const [row] = await readRows<SessionRow>(this.#options.database, {
          sql: 'select data from sessions where id = ? and expires_at > ?',
          values: [id, this.#options.now()],
        });
        if (row === undefined) return null;
        const session = this.#open(id, row.data);
        return session && { ...session, readFrom: row.data };
      },
      (error, session) => callback(error, session),
    );
  }

  override set(sid: string, session: SessionData, callback: Callback = () => {}): void {
    this.#answer(() => this.#write(rowId(sid), session), callback);
  }

  /** Only moves the expiry of a session that exists. */
  override touch(sid: string, session: SessionData, callback: Callback = () => {}): void {
    const id = rowId(sid);
    const { now, idleMs } = this.#options;
    if (Math.abs(now() - (this.#touched.get(id) ?? 0)) < touchEveryMs) callback();
    else
      this.#answer(async () => {
        await this.#rows()
          .where('id', id)
          .update({ expires_at: now() + idleMs });
        await this.#visited(id, session);
      }, callback);
  }

  override destroy(sid: string, callback: Callback = () => {}): void {
    this.#answer(
      () => this.end(sid),
      (error) => callback(error),
    );
  }

  /**
   * Ends a session.
   * @param readFrom ends it only where nobody changed it since it was read
   * @returns whether there was one, and was not changed
   */
  async end(sid: string, readFrom?: string): Promise<boolean> {
    const row = this.#rows().where('id', rowId(sid));
    if (readFrom !== undefined) row.andWhere('data', readFrom);
    return (await row.delete()) === 1;
  }

  async #write(id: string, session: SessionData): Promise<void> {
    const { now, idleMs } = this.#options;
    const { readFrom, ...kept } = session;
    const row = { data: this.#seal(id, JSON.stringify(kept)), expires_at: now() + idleMs };
    if (this.#unsaved.has(session)) {
      await this.#rows().insert({ id, ...row });
      this.#unsaved.delete(session);
    } else {
      const mine = this.#rows().where('id', id);
      const isGuarded = this.#onlyUnchanged.delete(session) && readFrom !== undefined;
      if (isGuarded) mine.andWhere('data', readFrom);
      if ((await mine.update(row)) === 0)
        throw isGuarded ? new SessionChanged() : new AppError('SessionLost');
    }
    await this.#visited(id, session);
  }

  async #visited(id: string, { visitorId }: SessionData): Promise<void> {
    if (this.#touched.size >= rememberedTouches) this.#touched.clear();
    this.#touched.set(id, this.#options.now());
    if (visitorId !== undefined) await this.#options.onVisit(visitorId);
  }

  #rows() {
    return this.#options.database<SessionRow>('sessions');
  }

  #seal(id: string, data: string): string {
    return this.#options.sealer.seal(data, contextOf(id));
  }

  /** A row that does not open was sealed with a secret that is no longer in use: it counts as none. */
  #open(id: string, data: string): SessionData | null {
    try {
      return JSON.parse(
        data.startsWith('{') ? data : this.#options.sealer.open(data, contextOf(id)).toString(),
      );
    } catch {
      return null;
    }
  }

  /** express-session does not look at promises: a failure only reaches the callback. */
  #answer<T>(work: () => Promise<T>, callback: (error: unknown, result?: T) => void): void {
    work().then(
      (result) => callback(null, result),
      (error) =>
        callback(
          error instanceof SessionChanged || (error instanceof AppError && error.code === 'SessionLost')
            ? error
            : asUnavailable(error),
        ),
    );
  }
}
