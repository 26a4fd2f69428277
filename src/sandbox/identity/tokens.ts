import jwt from 'jsonwebtoken';
import type { Platform } from '../platform.js';
import { randomHex, randomToken } from '../random.js';
import { Refusal } from '../refusal.js';
import type { Token } from '../state/records.js';
import type { Client } from './client-jwt.js';

/** Signs what the platform returns: PS512, with `kid` and the `jku` where the key is published. */
export function signPlatformToken(platform: Platform, payload: Record<string, unknown>): string {
  const { kid, privateKey } = platform.platformKey;
  return jwt.sign(payload, privateKey, {
    algorithm: 'PS512',
    noTimestamp: true,
    header: { alg: 'PS512', typ: 'JWT', kid, jku: platform.urls.jwks } as jwt.JwtHeader,
  });
}

/** Issues an access and a refresh token and answers them as the signed token of `oauth/token`. */
export function issueTokens(
  platform: Platform,
  contractId: string,
  userId: string,
  consentId = randomHex(12),
): string {
  const { clock, lifetimes, state } = platform;
  const make = (use: Token['use'], lifetimeMs: number) => {
    const expiresAt = clock.aged() + lifetimeMs;
    const value = `${use}-${randomToken(32)}`;
    state.tokens.put(value, { value, use, contractId, userId, consentId, expiresAt, usedAt: null });
    return { value, expires_on: Math.floor(clock.toWire(expiresAt) / 1000) };
  };
  return signPlatformToken(platform, {
    access_token: make('access', lifetimes.accessTokenMs),
    refresh_token: make('refresh', lifetimes.refreshTokenMs),
    consentid: consentId,
    identifier: { id: userId },
    sub: userId,
    token_type: 'Bearer',
  });
}

/**
 * The access token that a request acts with. It must be of the contract that signed the request, and not expired.
 * @throws Refusal InvalidToken
 */
export function requireAccessToken(platform: Platform, { claims, contract }: Client): Token {
  const token = knownAccessToken(platform, claims.access_token);
  if (token.contractId !== contract.id) {
    throw new Refusal(
      'InvalidToken',
      'the access token was issued for another contract than the one that signed this request',
    );
  }
  requireUnexpired(platform, token);
  return token;
}

/**
 * An access token that exists, of whatever contract and age.
 * @throws Refusal InvalidToken
 */
export function knownAccessToken(platform: Platform, value: unknown): Token {
  if (typeof value !== 'string' || !value) {
    throw new Refusal('InvalidToken', 'the claim access_token is missing: this call acts for a user');
  }
  const token = platform.state.tokens.get(value);
  if (token?.use === 'refresh') {
    throw new Refusal('InvalidToken', 'the claim access_token holds a refresh token');
  }
  if (!token) throw new Refusal('InvalidToken', 'the access token is not known here');
  return token;
}

/**
 * @throws Refusal InvalidToken when the token has expired
 */
export function requireUnexpired(platform: Platform, token: Token): void {
  if (token.expiresAt > platform.clock.aged()) return;
  const since = new Date(platform.clock.toWire(token.expiresAt)).toISOString();
  const next = token.use === 'access' ? 'refresh it' : 'the user has to reauthorize';
  throw new Refusal('InvalidToken', `The token (${token.use}_token) expired at ${since}: ${next}`);
}

/** Forgets tokens that expired more than 90 days ago; younger ones still serve to reauthorize the user. */
export function forgetOldTokens(platform: Platform): void {
  const horizon = platform.clock.aged() - 90 * 86_400_000;
  platform.state.tokens.dropWhere((token) => token.expiresAt < horizon);
}
