import { createHash, timingSafeEqual } from 'node:crypto';
import { issueTokens, requireUnexpired } from '../../identity/tokens.js';
import { Refusal } from '../../refusal.js';
import type { Call } from '../call.js';

/** `POST oauth/token`: a code for tokens, or a refresh token for new ones. */
export function token(call: Call) {
  const { grant_type: grant } = call.claims;
  if (grant === 'authorization_code') return { token: exchangeCode(call) };
  if (grant === 'refresh_token') return { token: refresh(call) };
  throw new Refusal('InvalidRequest', 'the claim grant_type must be authorization_code or refresh_token');
}

function exchangeCode({ platform, contract, claims }: Call): string {
  const { clock, state } = platform;
  if (typeof claims.code !== 'string' || !claims.code) {
    throw new Refusal('InvalidRequest', 'the claim code is missing');
  }
  if (typeof claims.code_verifier !== 'string' || !claims.code_verifier) {
    throw new Refusal('InvalidRequest', 'the claim code_verifier is missing: it is mandatory');
  }
  const code = state.codes.get(claims.code);
  if (!code) throw new Refusal('InvalidGrant', 'this authorization code was never issued here');
  if (code.contractId !== contract.id) {
    throw new Refusal('InvalidGrant', 'this authorization code was issued for another contract');
  }
  if (code.usedAt !== null)
    throw new Refusal('InvalidGrant', 'this authorization code was used already: it serves once');
  if (code.expiresAt <= clock.aged())
    throw new Refusal('InvalidGrant', 'this authorization code has expired');
  // RFC 7636 §4.6: BASE64URL(SHA256(ASCII(code_verifier))) must equal the challenge.
  const challenge = createHash('sha256').update(claims.code_verifier).digest('base64url');
  if (!timingSafeEqual(Buffer.from(challenge), Buffer.from(code.challenge))) {
    throw new Refusal(
      'InvalidGrant',
      'code_verifier does not match the code_challenge of this authorization',
    );
  }
  state.codes.put(code.code, { ...code, usedAt: clock.real() });
  return issueTokens(platform, contract.id, code.userId);
}

function refresh({ platform, contract, claims }: Call): string {
  const { clock, state } = platform;
  if (typeof claims.refresh_token !== 'string' || !claims.refresh_token) {
    throw new Refusal('InvalidRequest', 'the claim refresh_token is missing');
  }
  // Clients tell a refusal for good by "The token (refresh_token)" in its message.
  const refused = (why: string) => new Refusal('InvalidToken', `The token (refresh_token) ${why}`);
  const token = state.tokens.get(claims.refresh_token);
  if (token?.use === 'access') throw refused('is an access token');
  if (!token) throw refused('is not known here');
  if (token.contractId !== contract.id) throw refused('was issued for another contract');
  if (token.usedAt !== null) throw refused('was used already: each serves once, keep the newest');
  requireUnexpired(platform, token);
  state.tokens.put(token.value, { ...token, usedAt: clock.real() });
  return issueTokens(platform, contract.id, token.userId, token.consentId);
}
