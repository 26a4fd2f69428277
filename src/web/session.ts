import { randomUUID } from 'node:crypto';
import { ConnectSessionKnexStore } from 'connect-session-knex';
import type { Request, RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import { AppError } from '../errors.js';
import { asStorageError, type Database } from '../storage/index.js';

const idleMs = 7 * 24 * 3_600_000;
const absoluteMs = 30 * 24 * 3_600_000;
/** A session's expiry is written at most this often: a write per request would cost an fsync each. */
const touchEveryMs = 15 * 60_000;
const rememberedTouches = 10_000;

declare module 'express-session' {
  interface SessionData {
    visitorId?: string;
    startedAt?: number;
  }
}

/** Whatever is wrong with the store, without it no request can be told whose it is. */
function asUnavailable(error: unknown): AppError {
  const known = asStorageError(error);
  return known instanceof AppError
    ? known
    : new AppError('StorageUnavailable', { cause: error, retryAfterSeconds: 5 });
}

/**
 * connect-session-knex rejects promises that express-session does not look at, which would end the process when the
 * database is away; here a failure only reaches the callback. It also touches less often.
 */
class SessionStore extends ConnectSessionKnexStore {
  private readonly touched = new Map<string, number>();

  constructor(
    database: Database,
    private readonly now: () => number,
    onCleanupError: (error: unknown) => void,
  ) {
    super({
      knex: database,
      tableName: 'sessions',
      createTable: false,
      cleanupInterval: 10 * 60_000,
      onDbCleanupError: onCleanupError,
    });
    this.ready.catch(() => {});
  }

  override async get(
    sid: string,
    callback: (error: unknown, session?: SessionData | null) => void,
  ): Promise<SessionData | null> {
    try {
      const found = await super.get(sid, () => {});
      callback(null, found);
      return found;
    } catch (error) {
      callback(asUnavailable(error));
      return null;
    }
  }

  override async set(
    sid: string,
    data: SessionData,
    callback: (error?: unknown) => void = () => {},
  ): Promise<void> {
    this.touched.set(sid, this.now());
    await super
      .set(sid, data, () => {})
      .then(
        () => callback(),
        (error) => callback(asUnavailable(error)),
      );
  }

  /** Only moves the expiry of a session that exists: one that was ended meanwhile must stay dead. */
  override async touch(
    sid: string,
    data: SessionData,
    callback: (error?: unknown) => void = () => {},
  ): Promise<void> {
    const now = this.now();
    if (Math.abs(now - (this.touched.get(sid) ?? 0)) < touchEveryMs) return callback();
    if (this.touched.size >= rememberedTouches) this.touched.clear();
    this.touched.set(sid, now);
    await super.touch(sid, data).then(
      () => callback(),
      (error) => callback(asUnavailable(error)),
    );
  }

  override async destroy(sid: string, callback: (error?: unknown) => void = () => {}): Promise<number> {
    try {
      const removed = await super.destroy(sid, () => {});
      callback();
      return removed;
    } catch (error) {
      callback(asUnavailable(error));
      return 0;
    }
  }

  /** Ends the clean-up timer. */
  stop(): void {
    clearTimeout(this.nextDbCleanup);
  }
}

export interface Sessions {
  middleware: RequestHandler;
  stop(): void;
}

/**
 * Sessions in the ledger's database. On an https address the cookie is `__Host-` prefixed and `Secure`; `SameSite=Lax`
 * because the callback comes from another site and must find its session. Idle for 7 days or 30 days old: ended.
 */
export function createSessions(options: {
  database: Database;
  secret: string;
  secure: boolean;
  now: () => number;
  onError: (error: unknown) => void;
}): Sessions {
  const store = new SessionStore(options.database, options.now, options.onError);
  const sessions = session({
    store,
    secret: options.secret,
    name: options.secure ? '__Host-digime-push' : 'digime-push',
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: options.secure, maxAge: idleMs },
  });
  const middleware: RequestHandler = (req, res, next) => {
    sessions(req, res, (error?: unknown) => {
      if (error) return next(error);
      // express-session goes on without a session when its store says it is disconnected.
      if (req.session === undefined)
        return next(new AppError('StorageUnavailable', { retryAfterSeconds: 5 }));
      const startedAt = req.session.startedAt;
      if (startedAt !== undefined && options.now() - startedAt > absoluteMs)
        return req.session.regenerate((failed?: unknown) => next(failed));
      next();
    });
  };
  return { middleware, stop: () => store.stop() };
}

/** The visitor of this session, if there is one: a random id that only the session knows. */
export function visitorOf(req: Request): string | undefined {
  return req.session?.visitorId;
}

/** The visitor of this session; a new one is made for a session that had none. */
export function ensureVisitor(req: Request, now: number): string {
  req.session.startedAt ??= now;
  req.session.visitorId ??= randomUUID();
  return req.session.visitorId;
}

/** Saves the session; rejects when the store can't. */
export function saveSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.save((error?: unknown) => (error ? reject(error) : resolve())),
  );
}

/** Reads the session anew from the store, for work that another request of the same session may have overtaken. */
export function reloadSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.reload((error?: unknown) => (error ? reject(error) : resolve())),
  );
}

/** Gives the session a new id with `data` in it and saves it; the old id is dead. */
export async function renewSession(req: Request, data: Partial<SessionData>): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    req.session.regenerate((error?: unknown) => (error ? reject(error) : resolve())),
  );
  Object.assign(req.session, data);
  await saveSession(req);
}

/** Ends the session for good. */
export function endSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.destroy((error?: unknown) => (error ? reject(error) : resolve())),
  );
}
