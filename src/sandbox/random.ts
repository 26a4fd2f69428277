import { randomBytes } from 'node:crypto';

/** A fresh secret or id of `bytes` random bytes (24 by default), in characters that are safe in a URL. */
export function randomToken(bytes = 24): string {
  return randomBytes(bytes).toString('base64url');
}

/** A fresh id of `bytes` random bytes, in hexadecimal. */
export function randomHex(bytes = 8): string {
  return randomBytes(bytes).toString('hex');
}
