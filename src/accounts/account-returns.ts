import type { Request, Response } from 'express';
import type { Connection } from '../connections/index.js';
import { AppError } from '../errors.js';
import { isWellEncoded, oneString, seeOther } from '../web/index.js';
import { accountView } from './account-view.js';
import { type AccountDeed, leaveNotice, takeVisit } from './account-visit.js';
import { findOwnAccount } from './library-accounts.js';
import type { AccountsParts } from './parts.js';

const maxMessageCharacters = 500;

function parameter(req: Request, name: string): string | undefined {
  if (!isWellEncoded(req.url))
    throw new AppError('InvalidCallback', { details: [{ path: 'query', message: 'fields:percentEncoded' }] });
  const value = oneString(req.query[name]);
  if (value === null || (value !== undefined && value.length > 4096))
    throw new AppError('InvalidCallback', { details: [{ path: name, message: 'fields:oneValue' }] });
  return value;
}

/**
 * `GET /accounts/revoked?result=success|failed&error_message=`: back from the provider (`protocol.md`, "revoke"). What
 * the address says decides nothing: the account's state is read from digi.me. @throws AppError InvalidCallback
 */
export async function returnFromWithdrawal(
  parts: AccountsParts,
  req: Request,
  res: Response,
  connections: readonly Connection[],
): Promise<void> {
  const result = parameter(req, 'result');
  if (result !== 'success' && result !== 'failed') throw new AppError('InvalidCallback');
  const message = parameter(req, 'error_message');
  const { accountId, name } = takeVisit(req, 'revoke', parts.onboarding.now());
  const permission = await permissionOf(parts, connections, accountId);
  const isDone = result === 'success' && permission !== 'allowed';
  await finish(req, res, 'revoke', name, isDone, isDone ? undefined : message);
}

/**
 * `GET /accounts/reauthorized`: back from digi.me, which gives no code and no `state` for a single account. Where the
 * account is authorized again, its connections are usable and what waited for them goes on.
 * @throws AppError InvalidCallback
 */
export async function returnFromReauthorization(
  parts: AccountsParts,
  req: Request,
  res: Response,
  connections: readonly Connection[],
): Promise<void> {
  const success = parameter(req, 'success');
  if (success !== 'true' && success !== 'false') throw new AppError('InvalidCallback');
  const errorCode = parameter(req, 'errorCode');
  const { accountId, name } = takeVisit(req, 'reauthorize', parts.onboarding.now());
  const permission = await permissionOf(parts, connections, accountId);
  const isDone = success === 'true' && (permission === 'allowed' || permission === 'unknown');
  if (isDone) await resume(parts, connections, accountId);
  await finish(req, res, 'reauthorize', name, isDone, isDone ? undefined : errorCode);
}

async function finish(
  req: Request,
  res: Response,
  deed: AccountDeed,
  name: string,
  isDone: boolean,
  message: string | undefined,
): Promise<void> {
  const shown = message?.slice(0, maxMessageCharacters);
  await leaveNotice(req, { deed, name, isDone, ...(shown && { message: shown }) });
  seeOther(req, res, '/accounts', { deed, isDone, ...(shown && { message: shown }) });
}

/** What digi.me says of the account now; `unreachable` where it can't be asked or has no such account any more. */
async function permissionOf(parts: AccountsParts, connections: readonly Connection[], accountId: string) {
  try {
    const { account } = await findOwnAccount(parts.onboarding, connections, accountId);
    return accountView(account, parts.onboarding.now()).permission;
  } catch (error) {
    if (error instanceof AppError) return 'unreachable';
    throw error;
  }
}

/** A refused account had marked its connections: those whose permission digi.me accepts are usable again. */
async function resume(
  { onboarding }: AccountsParts,
  connections: readonly Connection[],
  accountId: string,
): Promise<void> {
  const found = await findOwnAccount(onboarding, connections, accountId);
  for (const connection of found.connections) {
    try {
      await onboarding.calls.act(connection, (call) => onboarding.sdk.readAccounts(call));
      if (connection.state === 'needs-reauthorization')
        await onboarding.connections.markUsable(connection.id);
      await onboarding.onConnected(connection.id);
    } catch (error) {
      onboarding.log.info({ err: error, connection: connection.id }, 'a connection is still not usable');
    }
  }
}
