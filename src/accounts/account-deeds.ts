import type { Request, Response } from 'express';
import type { Connection } from '../connections/index.js';
import { AppError } from '../errors.js';
import { languageOf, renderPage, seeOther, wantsJson } from '../web/index.js';
import type { AccountView } from './account-view.js';
import { leaveNotice, rememberVisit } from './account-visit.js';
import type { AccountsParts } from './parts.js';

/** One account of the visitor that something is to be done with. */
export interface ChosenAccount {
  readonly view: AccountView;
  readonly connections: readonly Connection[];
}

/** Sends the person to digi.me to allow one account again. @throws AppError what `asAppError` makes */
export async function startReauthorization(
  parts: AccountsParts,
  req: Request,
  res: Response,
  { view, connections }: ChosenAccount,
): Promise<void> {
  const { url } = await parts.onboarding.calls.actWithAny(connections, (call) =>
    parts.onboarding.sdk.getReauthorizeAccountUrl({
      ...call,
      accountId: view.id,
      callback: `${parts.baseUrl()}accounts/reauthorized`,
      locale: languageOf(req),
    }),
  );
  await rememberVisit(req, 'reauthorize', {
    accountId: view.id,
    name: view.name,
    startedAt: parts.onboarding.now(),
  });
  goOn(parts, req, res, url, view);
}

/** Sends the person to the provider's own page, where the permission is withdrawn. @throws AppError what `asAppError` makes */
export async function startWithdrawal(
  parts: AccountsParts,
  req: Request,
  res: Response,
  { view, connections }: ChosenAccount,
): Promise<void> {
  const { location } = await parts.onboarding.calls.actWithAny(connections, (call) =>
    parts.onboarding.sdk.getRevokeAccountPermissionUrl({
      ...call,
      accountId: view.id,
      redirectUri: `${parts.baseUrl()}accounts/revoked`,
    }),
  );
  await rememberVisit(req, 'revoke', {
    accountId: view.id,
    name: view.name,
    startedAt: parts.onboarding.now(),
  });
  goOn(parts, req, res, location, view);
}

/** Deletes the account at digi.me. @throws AppError what `asAppError` makes */
export async function deleteAccount(
  parts: AccountsParts,
  req: Request,
  res: Response,
  { view, connections }: ChosenAccount,
): Promise<void> {
  await parts.onboarding.calls.actWithAny(connections, (call) =>
    parts.onboarding.sdk.deleteAccount({ ...call, accountId: view.id }),
  );
  await leaveNotice(req, { deed: 'delete', name: view.name, isDone: true });
  seeOther(req, res, '/accounts', { deleted: view.id });
}

/**
 * The policy `form-action` covers the redirect after a form: a provider's own address is not known beforehand, so there
 * the person gets a page with a link instead.
 */
function goOn(parts: AccountsParts, req: Request, res: Response, url: string, account: AccountView): void {
  const { protocol, origin, host } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') throw new AppError('DigimeRefused');
  if (wantsJson(req) || parts.onboardOrigins.includes(origin)) seeOther(req, res, url, { url });
  else renderPage(req, res, 'accounts/onward', { url, host, account });
}
