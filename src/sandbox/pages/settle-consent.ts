import type { Platform } from '../platform.js';
import { randomHex, randomToken } from '../random.js';
import { fetchSource } from '../samples/fetch-source.js';
import { accountsOf, ensureAccount } from '../state/accounts.js';
import type { Account, Consent } from '../state/records.js';
import { giveStorage } from '../state/storages.js';
import type { Visit } from './consent-visit.js';

/** What a consent can end with. `slow` is `allow`, after a while. */
export const outcomes = ['allow', 'cancel', 'wrong-state', 'expired-code', 'slow', 'failed'] as const;

export type Outcome = (typeof outcomes)[number];

/** The callback of a consent with these parameters and its `state`, where it has one. */
export function callbackUrl(consent: Consent, parameters: Record<string, string>): string {
  const url = new URL(consent.redirectUri);
  const all = { ...(consent.state !== null && { state: consent.state }), ...parameters };
  // `state` last, whether it is given or the consent's own.
  const { state, ...first } = all as Record<string, string>;
  for (const [name, value] of Object.entries(first)) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set('state', state);
  return url.href;
}

/** Settles a visit and answers where the person goes. */
export function settleConsent(
  platform: Platform,
  visit: Visit,
  outcome: Outcome,
  triggerQuery?: string,
): string {
  if (outcome === 'cancel') return failConsent(platform, visit.consent, 'USER_CANCEL');
  if (outcome === 'failed') return failConsent(platform, visit.consent, 'ONBOARD_ERROR');
  return allowConsent(platform, visit, outcome, triggerQuery);
}

/** Nothing is made. */
function failConsent({ state }: Platform, consent: Consent, errorCode: string): string {
  const returnUrl = callbackUrl(consent, { success: 'false', errorCode });
  state.consents.put(consent.code, { ...consent, settled: 'cancelled', returnUrl });
  return returnUrl;
}

/**
 * Makes the library where there was none and the account, fetches what its source has and, where the authorization
 * came with a code challenge, makes an authorization code. A provisional storage becomes the person's.
 */
function allowConsent(platform: Platform, visit: Visit, outcome: Outcome, triggerQuery?: string): string {
  const { consent, person } = visit;
  const { clock, lifetimes, state } = platform;
  const userId = consent.userId ?? randomHex(16);
  if (consent.userId === null) {
    state.libraries.put(userId, { userId, personId: person.id, createdAt: clock.real() });
  }
  const account = connectAccount(platform, visit, userId);
  fetchSource(platform, consent.contractId, account, visit.dataSet);
  giveStorage(platform, consent.storageId, userId);
  const session = state.sessions.get(consent.sessionKey);
  if (session) state.sessions.put(session.key, { ...session, userId, ...(triggerQuery && { triggerQuery }) });

  let authorizationCode: string | null = null;
  if (consent.challenge !== null) {
    authorizationCode = `code-${randomToken(32)}`;
    state.codes.put(authorizationCode, {
      code: authorizationCode,
      contractId: consent.contractId,
      userId,
      challenge: consent.challenge,
      expiresAt: outcome === 'expired-code' ? clock.aged() - 1 : clock.aged() + lifetimes.codeMs,
      usedAt: null,
    });
  }
  const returnUrl = callbackUrl(consent, {
    success: 'true',
    ...(authorizationCode !== null && { code: authorizationCode }),
    accountReference: account.reference,
    ...(outcome === 'wrong-state' && { state: `not-${consent.state ?? 'asked-for'}` }),
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
