import type { Platform } from '../platform.js';
import { randomToken } from '../random.js';
import type { Session } from './records.js';

/**
 * Opens a read session of an hour and keeps what was asked of it.
 * @returns as a client is told of it; `expiry` in milliseconds
 */
export function openSession(
  { clock, lifetimes, state }: Platform,
  contractId: string,
  userId: string | null,
  { limits, scope, accept }: Pick<Session, 'limits' | 'scope' | 'accept'>,
): { key: string; expiry: number } {
  const key = randomToken();
  const expiresAt = clock.aged() + lifetimes.sessionMs;
  const asked = { ...(limits && { limits }), ...(scope && { scope }), ...(accept && { accept }) };
  state.sessions.put(key, { key, contractId, userId, expiresAt, polls: 0, ...asked });
  return { key, expiry: clock.toWire(expiresAt) };
}
