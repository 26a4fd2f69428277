import jwt from 'jsonwebtoken';
import type { Platform } from '../platform.js';

/** Signs what the platform returns: PS512, with `kid` and the `jku` where the key is published. */
export function signPlatformToken(platform: Platform, payload: Record<string, unknown>): string {
  const { kid, privateKey } = platform.platformKey;
  return jwt.sign(payload, privateKey, {
    algorithm: 'PS512',
    noTimestamp: true,
    header: { alg: 'PS512', typ: 'JWT', kid, jku: platform.urls.jwks } as jwt.JwtHeader,
  });
}
