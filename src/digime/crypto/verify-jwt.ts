import type { KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Claims } from './jwt.js';

const maxTokenChars = 64 * 1024;

/**
 * The `kid` and `jku` of a token that is not verified yet.
 * @throws Error when it is no compact JWS of PS512 with a `kid`, or marks header fields as critical, none of which we
 * understand (RFC 7515 §4.1.11)
 */
export function readTokenHeader(token: string): { kid: string; jku: unknown } {
  if (token.length > maxTokenChars) throw new Error('it is too long');
  const header = jsonwebtoken.decode(token, { complete: true })?.header;
  if (!header) throw new Error('it is not a JWT');
  if (header.alg !== 'PS512') throw new Error('it is not signed with PS512');
  if (header.crit !== undefined) throw new Error('its header has critical fields');
  if (typeof header.kid !== 'string' || header.kid === '') throw new Error('it names no key');
  return { kid: header.kid, jku: header.jku };
}

/**
 * The payload of a token that this public key signed with PS512 and that has not expired at `nowMs`
 * (RFC 8725 §3.1: the algorithm is ours to choose, never the token's).
 * @throws Error otherwise
 */
export function verifyToken(token: string, publicKey: KeyObject, nowMs: number): Claims {
  const payload = jsonwebtoken.verify(token, publicKey, {
    algorithms: ['PS512'],
    clockTimestamp: Math.floor(nowMs / 1000),
  });
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new Error('its payload is not an object');
  }
  return payload;
}
