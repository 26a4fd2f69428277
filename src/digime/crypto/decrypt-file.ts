import { createDecipheriv, type Decipher } from 'node:crypto';
import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { DigiMeSDKError, FileDecryptionError } from '../errors.js';
import type { ContractKey } from './contract-key.js';

/** How a file was made smaller before it was encrypted. */
export type Compression = 'gzip' | 'brotli' | undefined;

const ivBytes = 16;
const blockBytes = 16;

/**
 * The content of an encrypted file as a stream (`protocol.md`, Encrypted file body): a wrapped AES key, an IV, then AES-256-CBC
 * of the perhaps compressed content. At most `maxBytes` come out, whatever the compressed part claims. It fails with
 * `FileDecryptionError`; errors of the family from `encrypted` itself pass through.
 */
export function decryptFile(
  encrypted: Readable,
  key: ContractKey,
  compression: Compression,
  maxBytes: number,
): Readable {
  const decrypt = new DecryptBody(key);
  const clear =
    compression === undefined ? decrypt : compression === 'gzip' ? createGunzip() : createBrotliDecompress();
  let failure: unknown;
  const noteFailure = (error: unknown) => {
    failure ??= error;
  };
  // The streams' own first error counts; the pipeline hands each of them only a follow-up.
  encrypted.once('error', noteFailure);
  decrypt.once('error', noteFailure);
  if (clear === decrypt) pipeline(encrypted, decrypt, noteFailure);
  else pipeline(encrypted, decrypt, clear, noteFailure);
  const content = Readable.from(
    cappedContent(clear, maxBytes, () => failure),
    { objectMode: false },
  );
  // A generator that was never started runs no `finally`.
  return content.once('close', () => encrypted.destroy());
}

async function* cappedContent(
  clear: Readable,
  maxBytes: number,
  failure: () => unknown,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of clear as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new FileDecryptionError(`the file is larger than ${maxBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    const first = error instanceof DigiMeSDKError ? error : (failure() ?? error);
    if (first instanceof DigiMeSDKError) throw first;
    throw new FileDecryptionError('the content of the file is damaged', { cause: first });
  }
}

/** Takes the encrypted body, gives what AES-256-CBC hid. */
class DecryptBody extends Transform {
  readonly #key: ContractKey;
  /** The wrapped key, 256 bytes for a key of 2048 bits, and the IV. */
  readonly #headBytes: number;
  #head: Buffer[] = [];
  #receivedBytes = 0;
  #decipher: Decipher | undefined;

  constructor(key: ContractKey) {
    super();
    this.#key = key;
    this.#headBytes = Math.ceil(key.bits / 8) + ivBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#receivedBytes += chunk.length;
    try {
      if (this.#decipher) {
        done(null, this.#decipher.update(chunk));
        return;
      }
      this.#head.push(chunk);
      if (this.#receivedBytes < this.#headBytes) {
        done();
        return;
      }
      const head = Buffer.concat(this.#head);
      this.#head = [];
      this.#decipher = openCipher(this.#key, head.subarray(0, this.#headBytes));
      done(null, this.#decipher.update(head.subarray(this.#headBytes)));
    } catch (error) {
      done(asDecryptionError(error));
    }
  }

  override _flush(done: TransformCallback): void {
    if (
      !this.#decipher ||
      this.#receivedBytes < this.#headBytes + blockBytes ||
      this.#receivedBytes % blockBytes !== 0
    ) {
      done(
        new FileDecryptionError(
          `the encrypted file has ${this.#receivedBytes} bytes: cut short, or not a file of digi.me`,
        ),
      );
      return;
    }
    try {
      done(null, this.#decipher.final());
    } catch (error) {
      done(asDecryptionError(error));
    }
  }
}

function openCipher(key: ContractKey, head: Buffer): Decipher {
  const aesKey = key.rsa.decrypt(head.subarray(0, -ivBytes));
  return createDecipheriv('aes-256-cbc', aesKey, head.subarray(-ivBytes));
}

function asDecryptionError(cause: unknown): FileDecryptionError {
  return new FileDecryptionError('the file could not be decrypted: wrong key, or damaged', { cause });
}
