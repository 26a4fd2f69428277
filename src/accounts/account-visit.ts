import type { Request } from 'express';
import { AppError } from '../errors.js';
import { changeSession } from '../web/index.js';

/** What a person can do with one account. */
export const accountActions = ['reauthorize', 'revoke', 'delete'] as const;
export type AccountAction = (typeof accountActions)[number];

const lifetimeMs = 60 * 60_000;

/** A person was sent away to settle something about one account, and will come back. */
interface AccountVisit {
  readonly accountId: string;
  readonly name: string;
  readonly startedAt: number;
}

/** How it went, said once on the next page. */
export interface AccountNotice {
  readonly deed: AccountAction;
  readonly name: string;
  readonly isDone: boolean;
  /** The provider's or digi.me's own words, as they came. */
  readonly message?: string;
}

declare module 'express-session' {
  interface SessionData {
    /** By what it is for, one at a time: the pages that people come back to get no state from digi.me. */
    accountVisits?: Partial<Record<AccountAction, AccountVisit>>;
    accountNotice?: AccountNotice;
  }
}

/** Remembers that this visitor goes to settle something, so that only they can come back from it. */
export function rememberVisit(req: Request, deed: AccountAction, visit: AccountVisit): Promise<void> {
  return changeSession(req, (session) => {
    session.accountVisits = { ...session.accountVisits, [deed]: visit };
  });
}

/** The visit that this return ends; it ends once. @throws AppError InvalidCallback when nobody was sent away from here */
export async function takeVisit(req: Request, deed: AccountAction, now: number): Promise<AccountVisit> {
  if (req.session.accountVisits?.[deed] === undefined) throw new AppError('InvalidCallback');
  let taken: AccountVisit | undefined;
  await changeSession(req, (session) => {
    const { [deed]: visit, ...others } = session.accountVisits ?? {};
    taken = visit;
    session.accountVisits = others;
  });
  if (taken === undefined || Math.abs(now - taken.startedAt) > lifetimeMs)
    throw new AppError('InvalidCallback');
  return taken;
}

/** Keeps what is to be said on the next page. */
export function keepNotice(req: Request, notice: AccountNotice): Promise<void> {
  return changeSession(req, (session) => {
    session.accountNotice = notice;
  });
}

/** The notice that waits, if there is one; it is shown once. */
export async function takeNotice(req: Request): Promise<AccountNotice | undefined> {
  if (req.session.accountNotice === undefined) return undefined;
  let taken: AccountNotice | undefined;
  await changeSession(req, (session) => {
    taken = session.accountNotice;
    delete session.accountNotice;
  });
  return taken;
}
