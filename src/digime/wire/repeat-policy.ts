import { ServerError } from '../errors.js';

/**
 * When a failed request may be sent again by itself. `safe`: whenever it may help. `unsent`: only when the platform
 * cannot have acted on it. `never`: not at all.
 */
export type RepeatPolicy = 'safe' | 'unsent' | 'never';

const firstPauseMs = 200;
const longestPauseMs = 5_000;
const unsentCodes = new Set(['ConnectionRefused', 'HostNotFound']);
const unsentStatuses = new Set([429, 503]);
const passingCodes = new Set(['ConnectionReset', 'ConnectionFailed', 'TruncatedResponse']);
const passingStatuses = new Set([408, 500, 502, 504]);

/** Whether the platform may have acted on a request that failed like this. */
export function mayHaveWorked(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  const { code, statusCode } = error.error;
  return passingCodes.has(code) || passingStatuses.has(statusCode);
}

/**
 * Milliseconds to wait before the request is sent again, or undefined when it is not: exponential backoff with jitter,
 * never shorter than the `Retry-After` of the answer.
 */
export function pauseBeforeRepeat(
  error: unknown,
  policy: RepeatPolicy,
  failedAttempts: number,
): number | undefined {
  if (policy === 'never' || !(error instanceof ServerError)) return undefined;
  const { code, statusCode } = error.error;
  const unsent = unsentCodes.has(code) || unsentStatuses.has(statusCode);
  const passing = unsent || passingCodes.has(code) || passingStatuses.has(statusCode);
  if (policy === 'safe' ? !passing : !unsent) return undefined;
  const backoffMs =
    Math.min(longestPauseMs, firstPauseMs * 2 ** (failedAttempts - 1)) * (0.5 + Math.random() / 2);
  return Math.max(backoffMs, error.retryAfterMs ?? 0);
}
