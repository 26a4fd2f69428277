import { signPlatformToken } from '../../identity/tokens.js';
import type { Consent } from '../../state/records.js';
import { openSession } from '../../state/sessions.js';
import type { ReadOptions } from '../agent.js';
import type { Call } from '../call.js';

type NewConsent = Pick<
  Consent,
  'code' | 'kind' | 'userId' | 'redirectUri' | 'state' | 'challenge' | 'storageId'
>;

/** Keeps an authorization that waits for a person and answers `{ token, session }`; `payload` goes into the token. */
export function beginConsent(
  { platform, contract }: Call,
  begun: NewConsent,
  payload: Record<string, unknown>,
  options: ReadOptions = {},
) {
  const { clock, lifetimes, state } = platform;
  const session = openSession(platform, contract.id, begun.userId, options);
  state.consents.put(begun.code, {
    ...begun,
    contractId: contract.id,
    sessionKey: session.key,
    expiresAt: clock.aged() + lifetimes.codeMs,
    settled: null,
    authorizationCode: null,
    returnUrl: null,
  });
  return { token: signPlatformToken(platform, payload), session };
}
