import type { Request } from 'express';
import type { Connection } from '../connections/index.js';
import { contractFor, findAccount } from '../connections/index.js';
import type { UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import {
  asAppError,
  isWellEncoded,
  oneString,
  reloadSession,
  renewSession,
  saveSession,
  visitorOf,
} from '../web/index.js';
import type { OnboardingParts } from './parts.js';
import {
  findAuthorization,
  type PendingAuthorization,
  withoutAuthorization,
} from './pending-authorizations.js';

/** Longer values than these come from nobody but an attacker. */
const maxParameterLength = 4096;

interface Callback {
  success: boolean;
  code: string | undefined;
  state: string | undefined;
  accountReference: string | undefined;
  errorCode: string | undefined;
}

/**
 * @throws AppError InvalidCallback when a parameter is repeated, nested, too long or badly encoded, or when `success`,
 *   `code` and `errorCode` don't fit together
 */
function readCallback({ query, url }: Request): Callback {
  if (!isWellEncoded(url))
    throw new AppError('InvalidCallback', { details: [{ path: 'query', message: 'fields:percentEncoded' }] });
  const read = (name: string) => {
    const value = oneString(query[name]);
    if (value === null || (value !== undefined && value.length > maxParameterLength))
      throw new AppError('InvalidCallback', { details: [{ path: name, message: 'fields:oneValue' }] });
    return value;
  };
  const success = read('success');
  const callback = {
    success: success === 'true',
    code: read('code'),
    state: read('state'),
    accountReference: read('accountReference'),
    errorCode: read('errorCode'),
  };
  if (success !== 'true' && success !== 'false')
    throw new AppError('InvalidCallback', {
      details: [{ path: 'success', message: 'fields:trueOrFalse' }],
    });
  if (callback.success && callback.code === undefined)
    throw new AppError('InvalidCallback', { details: [{ path: 'code', message: 'fields:required' }] });
  if (callback.success && callback.errorCode !== undefined)
    throw new AppError('InvalidCallback', {
      details: [{ path: 'errorCode', message: 'fields:notWithSuccess' }],
    });
  return callback;
}

/**
 * Handles the browser's return from digi.me. On success: claims the `state` (once, whatever arrives in parallel),
 * exchanges the code with the verifier from the session, stores the connection, finds the account that
 * `accountReference` names, and gives the session a new id.
 * @returns the connection that was made or renewed
 * @throws AppError InvalidCallback, SessionLost, StateUnknown, StateExpired, StateUsed, ConsentCancelled, ConsentFailed,
 *   AccountMismatch, DigimeUnreachable, DigimeRefused, TokenRefused
 */
export function handleCallback(parts: OnboardingParts, req: Request): Promise<Connection> {
  const callback = readCallback(req);
  return parts.sessionLock.run(req.sessionID, async () => {
    // The request that went before us in this session may have used the state or renewed the id.
    const isStored = await reloadSession(req).then(
      () => true,
      () => false,
    );
    if (!callback.success) return failed(req, callback, isStored);
    if (!isStored) throw await lostOrUsed(parts, req, callback.state);
    return succeeded(parts, req, callback as Callback & { code: string });
  });
}

async function failed(req: Request, callback: Callback, isStored: boolean): Promise<never> {
  if (
    isStored &&
    callback.state !== undefined &&
    Object.hasOwn(req.session.authorizations ?? {}, callback.state)
  ) {
    req.session.authorizations = withoutAuthorization(req, callback.state);
    await saveSession(req);
  }
  const code = callback.errorCode ?? 'unknown';
  throw new AppError(code === 'USER_CANCEL' ? 'ConsentCancelled' : 'ConsentFailed', {
    platform: { code },
    values: { platformCode: code },
  });
}

/** Without its session a callback can't be finished; the second of two equal ones is told that the first one was. */
async function lostOrUsed(
  parts: OnboardingParts,
  req: Request,
  state: string | undefined,
): Promise<AppError> {
  if (state !== undefined && (await parts.usedStates.wasUsed(state))) return new AppError('StateUsed');
  return new AppError(visitorOf(req) === undefined ? 'SessionLost' : 'StateUnknown');
}

async function succeeded(
  parts: OnboardingParts,
  req: Request,
  callback: Callback & { code: string },
): Promise<Connection> {
  const { state = '' } = callback;
  const pending = await findPending(parts, req, state);
  await parts.usedStates.claim(state);
  const visitorId = req.session.visitorId as string;
  parts.recorder.browserStep(visitorId, 'callback-received', { type: pending.type });
  const token = await exchange(parts, visitorId, state, pending, callback.code);
  const connection = await keepConnection(parts, visitorId, pending, token);
  const account = await findAccount(parts, connection, callback.accountReference);
  const { startedAt } = req.session;
  await renewSession(req, {
    visitorId,
    ...(startedAt !== undefined && { startedAt }),
    authorizations: withoutAuthorization(req, state),
  });
  parts.recorder.browserStep(visitorId, 'connected', { type: connection.type });
  await parts.onConnected(connection.id);
  return account === undefined ? connection : { ...connection, account };
}

async function findPending(
  parts: OnboardingParts,
  req: Request,
  state: string,
): Promise<PendingAuthorization> {
  try {
    return findAuthorization(req, state, parts.issuer, parts.now());
  } catch (error) {
    throw error instanceof AppError && error.code === 'StateUnknown'
      ? await lostOrUsed(parts, req, state)
      : error;
  }
}

async function exchange(
  parts: OnboardingParts,
  visitorId: string,
  state: string,
  pending: PendingAuthorization,
  authorizationCode: string,
): Promise<UserAccessToken> {
  try {
    return await parts.sdk.exchangeCodeForToken({
      contractDetails: contractFor(parts.contracts, pending.type),
      codeVerifier: pending.codeVerifier,
      authorizationCode,
      ...parts.recorder.hooksOf(visitorId),
    });
  } catch (error) {
    const known = asAppError(error);
    // digi.me could not be asked: the code is still good, so the person may simply reload the page.
    if (known instanceof AppError && known.code === 'DigimeUnreachable')
      await parts.usedStates.release(state);
    throw known;
  }
}

async function keepConnection(
  parts: OnboardingParts,
  visitorId: string,
  pending: PendingAuthorization,
  token: UserAccessToken,
): Promise<Connection> {
  const { contractId } = contractFor(parts.contracts, pending.type);
  const existing = await connectionToRenew(parts, visitorId, pending, token);
  if (existing === undefined)
    return parts.connections.add({ visitorId, type: pending.type, contractId, token });
  await parts.connections.renew(existing.id, token);
  return { ...existing, state: 'active' };
}

/**
 * A second authorization of the same contract for the same library renews the connection that is there. What waits
 * on a connection must never end in another person's library: a reauthorization that comes back for somebody else
 * makes a connection of its own instead.
 */
async function connectionToRenew(
  parts: OnboardingParts,
  visitorId: string,
  pending: PendingAuthorization,
  token: UserAccessToken,
): Promise<Connection | undefined> {
  const sameLibrary = (other: Connection) => other.userId !== undefined && other.userId === token.user?.id;
  if (pending.connectionId !== undefined) {
    const named = await parts.connections.find(visitorId, pending.connectionId);
    return named !== undefined && sameLibrary(named) ? named : undefined;
  }
  const all = await parts.connections.listOf(visitorId);
  return all.find((other) => other.type === pending.type && other.type !== 'provider' && sameLibrary(other));
}
