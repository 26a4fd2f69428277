import { z } from 'zod';
import { knownAccessToken } from '../../identity/tokens.js';
import { randomToken } from '../../random.js';
import { parseWith, readJson } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import { requireProvisional } from '../../state/storages.js';
import { pullOptionsOf, requireAgent } from '../agent.js';
import type { Call } from '../call.js';
import { beginConsent } from './begin-consent.js';

/** A code challenge is the base64url of a SHA-256: 43 characters (RFC 7636 §4.2). */
export const challengeShape = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be base64url of a SHA-256, 43 characters');

const claimsShape = z.object({
  code_challenge: challengeShape,
  code_challenge_method: z.literal('S256', 'must be S256'),
  redirect_uri: z.string(),
  response_mode: z.literal('query', 'must be query'),
  response_type: z.literal('code', 'must be code'),
  state: z.string().min(1, 'must not be empty'),
  storage_ref: z.string().optional(),
});

/**
 * `POST oauth/authorize`: begins an authorization. An `access_token`, of any contract and also an expired one, joins it to
 * that token's library: that is how a client whose refresh token has ended renews the consent. A `storage_ref` (assumed)
 * is the `kid` of a provisional storage, which becomes the person's when the consent is given.
 */
export async function authorize(call: Call) {
  const { platform } = call;
  const body = await readJson(call.body);
  requireAgent(body);
  const claims = parseWith(claimsShape, call.claims, 'the claim');
  platform.redirectUris.requireRegistered(claims.redirect_uri, call.contract.id);
  let userId: string | null = null;
  if (call.claims.access_token !== undefined) {
    const token = knownAccessToken(platform, call.claims.access_token);
    if (!platform.state.libraries.get(token.userId)) {
      throw new Refusal('InvalidToken', 'the library of this access token was deleted');
    }
    userId = token.userId;
  }
  const storageId = claims.storage_ref;
  if (storageId !== undefined) requireProvisional(platform, storageId, userId);
  const code = `preauth-${randomToken()}`;
  const begun = {
    code,
    kind: 'authorize' as const,
    userId,
    redirectUri: claims.redirect_uri,
    state: claims.state,
    challenge: claims.code_challenge,
    storageId,
  };
  return beginConsent(call, begun, { preauthorization_code: code }, pullOptionsOf(body));
}
