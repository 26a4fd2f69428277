import { z } from 'zod';
import { knownAccessToken, requireUnexpired } from '../../identity/tokens.js';
import { randomToken } from '../../random.js';
import { parseWith, readJson } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import { pullOptionsOf, requireAgent } from '../agent.js';
import type { Call } from '../call.js';
import { challengeShape } from './authorize.js';
import { beginConsent } from './begin-consent.js';

const claimsShape = z.object({
  redirect_uri: z.string(),
  state: z.string().optional(),
  code_challenge: challengeShape.optional(),
  code_challenge_method: z.literal('S256', 'must be S256').optional(),
});

/**
 * `POST oauth/token/reference`: a code that takes a known user to a page (add a source, reauthorize). With a code
 * challenge it serves to reauthorize the user, whose access token may have expired (assumed: the refresh token has too).
 * iOS and Android send no body; a body that comes says which client sends it.
 */
export async function tokenReference(call: Call) {
  const { platform, contract } = call;
  const body = await readJson(call.body);
  if (call.recorded.body.size > 0) requireAgent(body);
  const claims = parseWith(claimsShape, call.claims, 'the claim');
  if ((claims.code_challenge === undefined) !== (claims.code_challenge_method === undefined)) {
    throw new Refusal('InvalidRequest', 'code_challenge and code_challenge_method come together');
  }
  platform.redirectUris.requireRegistered(claims.redirect_uri, contract.id);
  const token = knownAccessToken(platform, call.claims.access_token);
  if (token.contractId !== contract.id) {
    throw new Refusal(
      'InvalidToken',
      'the access token was issued for another contract than the one that signed this request',
    );
  }
  if (claims.code_challenge === undefined) requireUnexpired(platform, token);
  const code = `reference-${randomToken()}`;
  const begun = {
    code,
    kind: 'reference' as const,
    userId: token.userId,
    redirectUri: claims.redirect_uri,
    state: claims.state ?? null,
    challenge: claims.code_challenge ?? null,
  };
  const expiresAt = platform.clock.toWire(platform.clock.aged() + platform.lifetimes.codeMs);
  const payload = {
    reference_code: code,
    token_type: 'Bearer',
    expires_on: Math.floor(expiresAt / 1000),
  };
  return beginConsent(call, begun, payload, pullOptionsOf(body));
}
