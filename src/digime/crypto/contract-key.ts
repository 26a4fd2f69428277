import { Buffer } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import NodeRSA from 'node-rsa';
import { TypeValidationError } from '../errors.js';

/** A contract's private key, parsed and checked; `bits` is the length of its modulus. @internal */
export interface ContractKey {
  key: KeyObject;
  /** Its PEM text. */
  pem: string;
  rsa: NodeRSA;
  bits: number;
  publicExponent: number;
}

const minimumBits = 2048;
const maxCachedKeys = 100;
const checkedKeys = new Map<string, ContractKey>();

/**
 * The parsed key of a PEM text (PKCS#1 or PKCS#8), parsed and checked once and then remembered.
 * @throws TypeValidationError, which never quotes the key, as `checkContractKey` does
 * @internal
 */
export function loadContractKey(privateKey: string | Buffer): ContractKey {
  const pem = typeof privateKey === 'string' ? privateKey : privateKey.toString('utf8');
  const known = checkedKeys.get(pem);
  if (known) return known;
  const parsed = parseContractKey(pem);
  if (checkedKeys.size >= maxCachedKeys) {
    const [oldest] = checkedKeys.keys();
    if (oldest !== undefined) checkedKeys.delete(oldest);
  }
  checkedKeys.set(pem, parsed);
  return parsed;
}

/**
 * Checks a contract's private key: PEM (PKCS#1 as issued, or PKCS#8), RSA, at least 2048 bits, whole.
 * Returns its size in bits and its public exponent.
 * @throws TypeValidationError, which never quotes the key
 */
export function checkContractKey(privateKey: string | Buffer): { bits: number; publicExponent: number } {
  if (typeof privateKey !== 'string' && !Buffer.isBuffer(privateKey))
    throw new TypeValidationError('the contract key must be a string or a Buffer');
  const { bits, publicExponent } = loadContractKey(privateKey);
  return { bits, publicExponent };
}

function parseContractKey(pem: string): ContractKey {
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label === undefined) throw new TypeValidationError('the contract key is not PEM');
  if (label === 'EC PRIVATE KEY' || label === 'DSA PRIVATE KEY') throw notRsa();
  if (label !== 'RSA PRIVATE KEY' && label !== 'PRIVATE KEY') {
    throw new TypeValidationError(
      'the contract key must be an unencrypted RSA private key (PKCS#1 or PKCS#8)',
    );
  }
  // node:crypto tells the type apart before node-rsa, which would only call another type damaged.
  const key = orCorrupt(() => createPrivateKey(pem));
  if (key.asymmetricKeyType !== 'rsa') throw notRsa();
  const rsa = orCorrupt(
    () => new NodeRSA(pem.trim(), label === 'PRIVATE KEY' ? 'pkcs8-private-pem' : 'pkcs1-private-pem'),
  );
  rsa.setOptions({ encryptionScheme: { scheme: 'pkcs1_oaep', hash: 'sha1' } });
  const bits = rsa.getKeySize();
  if (bits < minimumBits) {
    throw new TypeValidationError(`the contract key has ${bits} bits; at least ${minimumBits} are needed`);
  }
  orCorrupt(() => provePair(key));
  return { key, pem, rsa, bits, publicExponent: rsa.keyPair.e };
}

/** Neither library compares the private with the public exponent on import; a round trip does. */
function provePair(key: KeyObject): void {
  const probe = Buffer.from('probe');
  const back = privateDecrypt(key, publicEncrypt(createPublicKey(key), probe));
  if (!back.equals(probe)) throw new Error('mismatch');
}

function orCorrupt<Value>(read: () => Value): Value {
  try {
    return read();
  } catch {
    // The libraries' own errors are left out: they could quote parts of the key.
    throw new TypeValidationError('the contract key is damaged or incomplete');
  }
}

function notRsa(): TypeValidationError {
  return new TypeValidationError('the contract key is not an RSA key');
}
