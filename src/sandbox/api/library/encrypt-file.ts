import { type Cipher, constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import type { Transform } from 'node:stream';
import { createBrotliCompress, createGzip, constants as zlib } from 'node:zlib';

export type Compression = 'none' | 'gzip' | 'brotli';

const wrappedKeyBytes = 256;
const blockBytes = 16;

/**
 * Begins an encrypted file body (protocol.md, "Calls"): `head` is the 32-byte AES key wrapped with RSA-OAEP (SHA-1) and
 * the IV, `cipher` makes the AES-256-CBC of what is written to it, padded to whole blocks.
 */
export function startEncryption(publicKey: string): { head: Buffer; cipher: Cipher } {
  const key = randomBytes(32);
  const iv = randomBytes(blockBytes);
  const wrapped = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
    key,
  );
  return { head: Buffer.concat([wrapped, iv]), cipher: createCipheriv('aes-256-cbc', key, iv) };
}

/** The size of the encrypted body of `size` uncompressed bytes: padding adds at least one byte. */
export function encryptedSize(size: number): number {
  return wrappedKeyBytes + blockBytes + (Math.floor(size / blockBytes) + 1) * blockBytes;
}

/** A stream that compresses what is written to it. */
export function compressor(compression: Exclude<Compression, 'none'>): Transform {
  if (compression === 'gzip') return createGzip();
  // The default quality of 11 takes seconds for a few megabytes.
  return createBrotliCompress({ params: { [zlib.BROTLI_PARAM_QUALITY]: 5 } });
}
