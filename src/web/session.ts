import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import { AppError } from '../errors.js';
import type { Database, Sealer } from '../storage/index.js';
import { KeyedLock } from './keyed-lock.js';
import { SessionChanged, SessionStore } from './session-store.js';

const idleMs = 7 * 24 * 3_600_000;
const absoluteMs = 30 * 24 * 3_600_000;
declare module 'express-session' {
  interface SessionData {
    visitorId?: string;
    startedAt?: number;
  }
}

export interface Sessions {
  middleware: RequestHandler;
  stop(): void;
}

export interface SessionsOptions {
  readonly database: Database;
  /** Seals what sessions hold. */
  readonly sealer: Sealer;
  /** The first signs the cookies, the others are accepted as well. */
  readonly secrets: string[];
  /** Whether the app's address is https. */
  readonly secure: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Told that a visitor is there, at most every quarter of an hour for each session. */
  onVisit(visitorId: string): Promise<void>;
  /** Told when old sessions could not be removed. */
  onError(error: unknown): void;
}

/**
 * Sessions in the app's database. On an https address the cookie is `__Host-` prefixed and `Secure`; `SameSite=Lax`
 * because the callback comes from another site and must find its session. Idle for 7 days or 30 days old: ended.
 */
export async function createSessions(options: SessionsOptions): Promise<Sessions> {
  const { secrets, secure, ...storeOptions } = options;
  const store = new SessionStore({ ...storeOptions, idleMs });
  await store.sealOld();
  const sessions = session({
    store,
    secret: secrets,
    name: secure ? '__Host-digime-push' : 'digime-push',
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure, maxAge: idleMs },
  });
  // express-session gives the store this method; who was made here may be inserted, nobody else.
  const made = store as SessionStore & { generate(req: Request): void };
  const generate = made.generate.bind(store);
  made.generate = (req) => {
    generate(req);
    store.expectNew(req.session);
  };
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

const storeOf = (req: Request) => req.sessionStore as unknown as SessionStore;

/** Saves the session; rejects when the store can't. */
function saveSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.save((error?: unknown) => (error ? reject(error) : resolve())),
  );
}

/**
 * Reads the session anew from the store, for work that another request of the same session may have overtaken.
 * @throws AppError SessionLost when it was ended or got another id meanwhile
 */
export function reloadSession(req: Request): Promise<void> {
  return new Promise((resolve, reject) =>
    req.session.reload((error?: unknown) =>
      error
        ? reject(error instanceof AppError ? error : new AppError('SessionLost', { cause: error }))
        : resolve(),
    ),
  );
}

const turns = new KeyedLock();

/** Runs tasks of the same session one after another, in this process. */
export const inSession = <T>(req: Request, task: () => Promise<T>): Promise<T> =>
  turns.run(req.sessionID, task);

/**
 * Changes the session as it is stored now, not as it was when the request began: another tab may have changed it since,
 * or ended it. Where one does so at this moment, in whichever process, `change` is applied to what that one left.
 * @throws AppError SessionLost when it was ended or got another id meanwhile
 */
export function changeSession(req: Request, change: (session: SessionData) => void): Promise<void> {
  return inSession(req, async () => {
    for (;;) {
      if (!storeOf(req).isNew(req)) {
        await reloadSession(req);
        storeOf(req).expectUnchanged(req.session);
      }
      change(req.session);
      try {
        return await saveSession(req);
      } catch (error) {
        // Each time another one has got on: it ends. A session that was ended ends it at the next reading.
        if (!(error instanceof SessionChanged)) throw error;
      }
    }
  });
}

/**
 * Gives the session a new id and what `keep` makes of what is stored now, and saves it; the old id is dead.
 * @throws AppError SessionLost when it was dead already
 */
export async function renewSession(
  req: Request,
  keep: (session: SessionData) => Partial<SessionData>,
): Promise<void> {
  let data: Partial<SessionData>;
  do {
    await reloadSession(req);
    data = keep(req.session);
  } while (!(await storeOf(req).end(req.sessionID, req.session.readFrom)));
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
