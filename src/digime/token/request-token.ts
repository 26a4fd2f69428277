import { anyText, positive, text } from '../arguments/arguments.js';
import type { CallOptions, ContractDetails, UserAccessToken } from '../arguments/call-options.js';
import { object, optional } from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { Claims } from '../crypto/jwt.js';
import { callPlatform } from '../wire/platform-call.js';
import { parseAnswer } from '../wire/refusal.js';
import { verifyPlatformToken } from './platform-token.js';

interface TokenPayload {
  access_token: { value: string; expires_on: number };
  refresh_token: { value: string; expires_on: number };
  sub?: string;
  consentid?: string;
}

const tokenPart = object({ value: text, expires_on: positive });
const payloadShape = object({
  access_token: tokenPart,
  refresh_token: tokenPart,
  sub: optional(anyText),
  consentid: optional(anyText),
});

/**
 * `POST oauth/token` and the user access token that it gives, verified. An answer that lacks a value or an expiry is refused
 * (`protocol.md`, What to do better, 5). Not repeated once the platform may have acted: codes and refresh tokens serve once.
 */
export async function requestToken(
  client: Client,
  call: string,
  contract: ContractDetails,
  claims: Claims,
  options: CallOptions,
  before?: UserAccessToken,
): Promise<UserAccessToken> {
  const answer = await callPlatform(
    client,
    { call, method: 'POST', path: 'oauth/token', expected: 'json', repeat: 'unsent' },
    { contract, claims, options },
  );
  const verified = await verifyPlatformToken(client, answer, options);
  const payload = parseAnswer<TokenPayload>(payloadShape, verified, answer);
  const user = payload.sub === undefined ? before?.user : { id: payload.sub };
  const consentid = payload.consentid ?? before?.consentid;
  return {
    accessToken: { value: payload.access_token.value, expiry: payload.access_token.expires_on },
    refreshToken: { value: payload.refresh_token.value, expiry: payload.refresh_token.expires_on },
    ...(user ? { user } : {}),
    ...(consentid === undefined ? {} : { consentid }),
  };
}

/** The wire call behind `refreshToken`; `user` and `consentid` are kept where the answer leaves them out. */
export function refreshAccessToken(
  client: Client,
  contract: ContractDetails,
  stale: UserAccessToken,
  options: CallOptions,
): Promise<UserAccessToken> {
  const claims = { grant_type: 'refresh_token', refresh_token: stale.refreshToken.value };
  return requestToken(client, 'refreshToken', contract, claims, options, stale);
}
