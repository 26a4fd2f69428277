import { z } from 'zod';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import type { Claims } from '../crypto/jwt.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';
import { verifyPlatformToken } from './platform-token.js';
import type { UserAccessToken } from './user-access-token.js';

const tokenPart = z.object({ value: z.string().min(1), expires_on: z.number().positive() });
const payloadShape = z.object({
  access_token: tokenPart,
  refresh_token: tokenPart,
  sub: z.string().optional(),
  consentid: z.string().optional(),
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
  const payload = parseAnswer(payloadShape, await verifyPlatformToken(client, answer, options), answer);
  const user = payload.sub === undefined ? before?.user : { id: payload.sub };
  const consentid = payload.consentid ?? before?.consentid;
  return {
    accessToken: { value: payload.access_token.value, expiry: payload.access_token.expires_on },
    refreshToken: { value: payload.refresh_token.value, expiry: payload.refresh_token.expires_on },
    ...(user ? { user } : {}),
    ...(consentid === undefined ? {} : { consentid }),
  };
}
