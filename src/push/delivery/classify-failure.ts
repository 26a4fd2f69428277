import {
  type ClientErrorCode,
  clientErrorCodes,
  ServerError,
  TypeValidationError,
} from '../../digime/index.js';
import { isTokenRefusal } from '../../web/index.js';
import { ThreadEnded } from './thread-ended.js';

/** What follows from a failed attempt: the rows of 'When digi.me misbehaves' in `security.md`. */
export type Verdict =
  | { outcome: 'retry'; afterMs?: number; possiblyArrived: boolean }
  | { outcome: 'fail'; possiblyArrived: boolean }
  /** The person must allow it again: the whole connection, or only the account that the push is for. */
  | { outcome: 'reauthorize'; scope: 'connection' | 'account' };

const temporaryStatus = (status: number) =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** A refusal of the kind "not now" says that nothing was kept; after 5xx or silence nobody knows. */
const refusedUnread = (status: number) =>
  status === 408 || status === 425 || status === 429 || status === 503;

/**
 * Decides what becomes of a push whose attempt ended with `error`. Whatever is no error of the client (a full disk, a
 * payload that does not open) is treated as temporary: nothing is given up before its budget is used up.
 */
export function classifyFailure(error: unknown): Verdict {
  // What the client won't even send will not be better tomorrow.
  if (error instanceof TypeValidationError) return { outcome: 'fail', possiblyArrived: false };
  if (!(error instanceof ServerError))
    return { outcome: 'retry', possiblyArrived: error instanceof ThreadEnded };
  const { code, statusCode } = error.error;
  if (isTokenRefusal(error)) return { outcome: 'reauthorize', scope: 'connection' };
  // protocol.md, "Errors": 511 is about one account at its provider; the token and other accounts stay good.
  if (code === 'ServiceAuthorizationError') return { outcome: 'reauthorize', scope: 'account' };
  const afterMs = error.retryAfterMs;
  const wait = afterMs === undefined ? {} : { afterMs };
  if (temporaryStatus(statusCode))
    return { outcome: 'retry', ...wait, possiblyArrived: !refusedUnread(statusCode) };
  const facts = Object.hasOwn(clientErrorCodes, code) ? clientErrorCodes[code as ClientErrorCode] : undefined;
  if (facts === undefined || (code === 'UnexpectedResponse' && statusCode >= 400))
    return { outcome: 'fail', possiblyArrived: false };
  const possiblyArrived = facts.arrived === 'perhaps';
  // An answer that is none (HTML with 200, a broken body) may be a proxy having a bad minute: not given up at once.
  const tryLater =
    facts.tryLater || code === 'UnexpectedResponse' || code === 'ResponseTooLarge' || code === 'Aborted';
  return tryLater && code !== 'RedirectNotFollowed'
    ? { outcome: 'retry', ...wait, possiblyArrived }
    : { outcome: 'fail', possiblyArrived };
}

/**
 * The wait before the next attempt: exponential with full jitter, at least half the step so that a retry is never at
 * once; a `Retry-After` is honoured up to the cap.
 * @param attempts how many there were, 1 after the first
 */
export function backoffMs(
  attempts: number,
  settings: { backoffBaseMs: number; backoffCapMs: number },
  afterMs: number | undefined,
  random: () => number = Math.random,
): number {
  const step = Math.min(settings.backoffCapMs, settings.backoffBaseMs * 2 ** Math.min(attempts - 1, 40));
  const wait = step / 2 + (step / 2) * random();
  return Math.round(Math.min(settings.backoffCapMs, Math.max(wait, afterMs ?? 0)));
}
