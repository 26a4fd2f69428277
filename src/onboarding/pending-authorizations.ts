import { createHash, randomBytes } from 'node:crypto';
import type { SessionData } from 'express-session';
import type { ConnectionType } from '../connections/index.js';
import { AppError } from '../errors.js';
import type { Database } from '../storage/index.js';

const maxPending = 5;
const lifetimeMs = 10 * 60_000;

/** An authorization that was started and has not come back: what the callback needs to finish it. */
export interface PendingAuthorization {
  /** RFC 7636 §4.1; it stays in the session on our side and never reaches the browser. */
  codeVerifier: string;
  type: ConnectionType;
  /** The digi.me it was started at: one begun in the sandbox can't end in live mode. */
  issuer: string;
  startedAt: number;
  /** The connection to give the new token to, when a reauthorization was started. */
  connectionId?: string;
}

declare module 'express-session' {
  interface SessionData {
    /** By `state`; at most five, so that several tabs work and a session can't grow without end. */
    authorizations?: Record<string, PendingAuthorization>;
  }
}

/** A `state` with 192 random bits (RFC 9700 §4.7.1 asks for one that can't be guessed). */
export const newState = (): string => randomBytes(24).toString('base64url');

const alive = (pending: PendingAuthorization, now: number) => Math.abs(now - pending.startedAt) <= lifetimeMs;

/** Keeps a started authorization in the session; the oldest make room. */
export function rememberAuthorization(
  session: SessionData,
  state: string,
  pending: PendingAuthorization,
): void {
  const kept = Object.entries(session.authorizations ?? {})
    .filter(([, other]) => alive(other, pending.startedAt))
    .sort(([, a], [, b]) => a.startedAt - b.startedAt)
    .slice(-(maxPending - 1));
  session.authorizations = { ...Object.fromEntries(kept), [state]: pending };
}

/**
 * The authorization that this `state` was made for, in this session.
 * @throws AppError SessionLost, StateUnknown, StateExpired
 */
export function findAuthorization(
  session: SessionData,
  state: string | undefined,
  issuer: string,
  now: number,
): PendingAuthorization {
  if (session.visitorId === undefined) throw new AppError('SessionLost');
  const all = session.authorizations ?? {};
  const pending = state !== undefined && Object.hasOwn(all, state) ? all[state] : undefined;
  if (pending === undefined || pending.issuer !== issuer) throw new AppError('StateUnknown');
  if (!alive(pending, now)) throw new AppError('StateExpired');
  return pending;
}

/** What remains for other tabs once `state` has been used. */
export function withoutAuthorization(
  session: SessionData,
  state: string,
): Record<string, PendingAuthorization> {
  const { [state]: _used, ...others } = session.authorizations ?? {};
  return others;
}

/**
 * The states that came back: each may do so once, however many callbacks with it arrive at the same time and at
 * whichever process. Only hashes are kept.
 */
export class UsedStates {
  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  private readonly hash = (state: string) => createHash('sha256').update(state).digest('hex');

  /** @throws AppError StateUsed when it was claimed before. */
  async claim(state: string): Promise<void> {
    const now = this.now();
    // SQLite answers an ignored insert with a stale row id: only what comes back by `returning` was inserted.
    const inserted = await this.database('used_states')
      .insert({ state_hash: this.hash(state), used_at: now })
      .onConflict('state_hash')
      .ignore()
      .returning('state_hash');
    if (inserted.length === 0) throw new AppError('StateUsed');
    await this.database('used_states')
      .where('used_at', '<', now - 24 * 3_600_000)
      .delete();
  }

  async wasUsed(state: string): Promise<boolean> {
    return (
      (await this.database('used_states').where('state_hash', this.hash(state)).first('state_hash')) !==
      undefined
    );
  }

  /** Gives a state back whose exchange never reached digi.me, so that the person can reload the page. */
  async release(state: string): Promise<void> {
    await this.database('used_states').where('state_hash', this.hash(state)).delete();
  }
}
