import type { Platform } from '../platform.js';
import { randomHex, randomToken } from '../random.js';
import { accountsOf, ensureAccount } from '../state/accounts.js';
import type { Account, Consent } from '../state/records.js';
import type { Visit } from './consent-visit.js';

/** The callback of a consent with these parameters and its `state`, where it has one. */
export function callbackUrl(consent: Consent, parameters: Record<string, string>): string {
  const url = new URL(consent.redirectUri);
  const all = { ...parameters, ...(consent.state !== null && { state: consent.state }) };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url.href;
}

/** Settles a visit as cancelled and answers where the person goes. Nothing is made. */
export function cancelConsent(platform: Platform, { consent }: Visit): string {
  const returnUrl = callbackUrl(consent, { success: 'false', errorCode: 'USER_CANCEL' });
  platform.state.consents.put(consent.code, { ...consent, settled: 'cancelled', returnUrl });
  return returnUrl;
}

/**
 * Settles a visit as allowed and answers where the person goes: makes the library where there was none and the account,
 * and, where the authorization came with a code challenge, an authorization code.
 */
export function allowConsent(platform: Platform, visit: Visit): string {
  const { consent } = visit;
  const { clock, lifetimes, state } = platform;
  const userId = consent.userId ?? randomHex(16);
  if (consent.userId === null) state.libraries.put(userId, { userId, createdAt: clock.real() });
  const account = connectAccount(platform, visit, userId);
  const session = state.sessions.get(consent.sessionKey);
  if (session) state.sessions.put(session.key, { ...session, userId });

  let authorizationCode: string | null = null;
  if (consent.challenge !== null) {
    authorizationCode = `code-${randomToken(32)}`;
    state.codes.put(authorizationCode, {
      code: authorizationCode,
      contractId: consent.contractId,
      userId,
      challenge: consent.challenge,
      expiresAt: clock.aged() + lifetimes.codeMs,
      usedAt: null,
    });
  }
  const returnUrl = callbackUrl(consent, {
    success: 'true',
    ...(authorizationCode !== null && { code: authorizationCode }),
    accountReference: account.reference,
  });
  state.consents.put(consent.code, { ...consent, userId, settled: 'allowed', authorizationCode, returnUrl });
  return returnUrl;
}

function connectAccount(platform: Platform, visit: Visit, userId: string): Account {
  if (visit.account) return ensureAccount(platform, userId, visit.account.sourceId);
  const [oldest] = accountsOf(platform, userId);
  if (visit.page === 'user-reauth' && oldest) return oldest;
  return ensureAccount(platform, userId, visit.choice === 'none' ? null : (visit.service?.id ?? null));
}
