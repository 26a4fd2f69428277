import type { Request } from 'express';
import { AppError } from '../errors.js';
import { saveSession } from '../web/index.js';

/** What a person can do with one account. */
export const accountDeeds = ['reauthorize', 'revoke', 'delete'] as const;
export type AccountDeed = (typeof accountDeeds)[number];

const lifetimeMs = 60 * 60_000;

/** A person was sent away to settle something about one account, and will come back. */
interface AccountVisit {
  readonly accountId: string;
  readonly name: string;
  readonly startedAt: number;
}

/** How it went, said once on the next page. */
export interface AccountNotice {
  readonly deed: AccountDeed;
  readonly name: string;
  readonly isDone: boolean;
  /** The provider's or digi.me's own words, as they came. */
  readonly message?: string;
}

declare module 'express-session' {
  interface SessionData {
    /** By what it is for, one at a time: the pages that people come back to get no state from digi.me. */
    accountVisits?: Partial<Record<AccountDeed, AccountVisit>>;
    accountNotice?: AccountNotice;
  }
}

/** Remembers that this visitor goes to settle something, so that only they can come back from it. */
export async function rememberVisit(req: Request, deed: AccountDeed, visit: AccountVisit): Promise<void> {
  req.session.accountVisits = { ...req.session.accountVisits, [deed]: visit };
  await saveSession(req);
}

/** The visit that this return ends; it ends once. @throws AppError InvalidCallback when nobody was sent away from here */
export function takeVisit(req: Request, deed: AccountDeed, now: number): AccountVisit {
  const { [deed]: visit, ...others } = req.session.accountVisits ?? {};
  if (visit === undefined || Math.abs(now - visit.startedAt) > lifetimeMs)
    throw new AppError('InvalidCallback');
  req.session.accountVisits = others;
  return visit;
}

export async function leaveNotice(req: Request, notice: AccountNotice): Promise<void> {
  req.session.accountNotice = notice;
  await saveSession(req);
}

/** The notice that waits, if there is one; it is shown once. */
export async function takeNotice(req: Request): Promise<AccountNotice | undefined> {
  const { accountNotice } = req.session;
  if (accountNotice === undefined) return undefined;
  delete req.session.accountNotice;
  await saveSession(req);
  return accountNotice;
}
