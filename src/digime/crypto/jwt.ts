import { constants, createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { ContractKey } from './contract-key.js';

/** Claims of a token: JSON values. */
export type Claims = Record<string, unknown>;

/** The header of every token that this client signs. */
export const signedHeader = { alg: 'PS512', typ: 'JWT' } as const;

const encodedHeader = Buffer.from(JSON.stringify(signedHeader)).toString('base64url');
const saltLength = 64;
const nonceBytes = 16;
// Random bytes are fetched for many nonces at once: one call for each costs more than the rest of the claims.
let noncePool = Buffer.alloc(0);
let nonceAt = 0;

/**
 * Signs claims as a compact JWS: PS512 (RSASSA-PSS, SHA-512, salt as long as the digest; RFC 7518 §3.5), no `iat`.
 * The signature is made on a thread of libuv's pool, so that many of them do not block the event loop.
 */
export function signToken(contractKey: ContractKey, claims: Claims): Promise<string> {
  const input = `${encodedHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return new Promise((resolve, reject) => {
    sign(
      'sha512',
      Buffer.from(input),
      { key: contractKey.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
      (error, signature) => (error ? reject(error) : resolve(`${input}.${signature.toString('base64url')}`)),
    );
  });
}

/**
 * The signed `FileDescriptor` header. It has neither nonce nor timestamp (`protocol.md`, push to library), so the token
 * of an unchanged descriptor can serve again: the last one of every key is kept.
 */
export class FileDescriptorTokens {
  readonly #last = new WeakMap<ContractKey, { metadata: string; token: Promise<string> }>();

  /** The token of `{ metadata: fileDescriptor }`, signed with this key. */
  tokenOf(key: ContractKey, fileDescriptor: unknown): Promise<string> {
    const metadata = JSON.stringify(fileDescriptor);
    const last = this.#last.get(key);
    if (last?.metadata === metadata) return last.token;
    const token = signToken(key, { metadata: fileDescriptor });
    this.#last.set(key, { metadata, token });
    token.catch(() => this.#last.delete(key));
    return token;
  }
}

/** A nonce of a signed request: 32 alphanumerics, 128 random bits. */
export function newNonce(): string {
  if (nonceAt >= noncePool.length) {
    noncePool = randomBytes(nonceBytes * 256);
    nonceAt = 0;
  }
  nonceAt += nonceBytes;
  return noncePool.toString('hex', nonceAt - nonceBytes, nonceAt);
}

/** A fresh PKCE pair: a verifier of 43 characters, 256 random bits, and its S256 challenge (RFC 7636 §4.1, §4.2). */
export function newCodeVerifier(): { codeVerifier: string; codeChallenge: string } {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') };
}

const modulusBits = { least: 2048, most: 8192 };

/** A public key as a key set publishes it (RFC 7517): as PEM, or as the modulus and exponent of a JWK (RFC 7518 §6.3.1). */
export interface PublishedKey {
  pem?: string | undefined;
  n?: string | undefined;
  e?: string | undefined;
}

/**
 * The public key that verifies: the PEM, which may be PKCS#1 or SPKI, or `n` and `e` where there is none.
 * @throws Error when it is no RSA key of 2048 to 8192 bits (RFC 7518 §3.5; the upper end keeps a verification short)
 */
export function loadPublicKey({ pem, n, e }: PublishedKey): KeyObject {
  const key =
    pem === undefined
      ? createPublicKey({ key: { kty: 'RSA', n: n ?? '', e: e ?? '' }, format: 'jwk' })
      : createPublicKey(pem);
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < modulusBits.least || bits > modulusBits.most) throw new Error('its key is not usable');
  return key;
}
