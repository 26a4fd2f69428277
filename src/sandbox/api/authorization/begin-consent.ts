import { signPlatformToken } from '../../identity/platform-token.js';
import { randomToken } from '../../random.js';
import type { Consent } from '../../state/records.js';
import type { Call } from '../call.js';

type NewConsent = Pick<Consent, 'code' | 'kind' | 'userId' | 'redirectUri' | 'state' | 'challenge'>;

/** Keeps an authorization that waits for a person and answers `{ token, session }`; the token carries its code. */
export function beginConsent({ platform, contract }: Call, codeName: string, begun: NewConsent) {
  const { clock, lifetimes, state } = platform;
  const sessionKey = randomToken();
  const sessionExpiresAt = clock.aged() + lifetimes.sessionMs;
  state.sessions.put(sessionKey, {
    key: sessionKey,
    contractId: contract.id,
    userId: begun.userId,
    expiresAt: sessionExpiresAt,
    polls: 0,
  });
  state.consents.put(begun.code, {
    ...begun,
    contractId: contract.id,
    sessionKey,
    expiresAt: clock.aged() + lifetimes.codeMs,
    settled: null,
    authorizationCode: null,
    returnUrl: null,
  });
  return {
    token: signPlatformToken(platform, { [codeName]: begun.code }),
    session: { key: sessionKey, expiry: clock.toWire(sessionExpiresAt) },
  };
}
