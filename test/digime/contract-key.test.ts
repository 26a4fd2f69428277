import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { checkContractKey, TypeValidationError } from '../../src/digime/index.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test('PKCS#1 and PKCS#8 pass, also with other line ends, and tell size and exponent.', () => {
  for (const pem of [pkcs1, pkcs8, pkcs1.replaceAll('\n', '\r\n'), `\n${pkcs8}\n\n`]) {
    expect(checkContractKey(pem)).toEqual({ bits: 2048, publicExponent: 65_537 });
  }
  const odd = generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 65_539 }).privateKey;
  expect(checkContractKey(odd.export({ type: 'pkcs1', format: 'pem' }).toString())).toEqual({
    bits: 3072,
    publicExponent: 65_539,
  });
});

const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;

test.each([
  ['not PEM', 'hello', /not PEM/],
  ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString(), /private key/],
  ['too small', small.export({ type: 'pkcs1', format: 'pem' }).toString(), /1024 bits/],
  ['an elliptic curve', curve.export({ type: 'pkcs8', format: 'pem' }).toString(), /not an RSA key/],
  ['an elliptic curve as SEC1', curve.export({ type: 'sec1', format: 'pem' }).toString(), /not an RSA key/],
  ['an RSA-PSS key', pss.export({ type: 'pkcs8', format: 'pem' }).toString(), /not an RSA key/],
  [
    'encrypted',
    privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
    /unencrypted/,
  ],
  ['cut short', pkcs1.slice(0, 900), /damaged/],
  ['not base64', pkcs1.replace(/MII/, '!!!'), /damaged/],
  ['an empty string', '', /not PEM/],
  ['a number', 7 as never, /must be a string/],
])('A key that is %s is refused without being quoted.', (_, pem, words) => {
  let failure: unknown;
  try {
    checkContractKey(pem);
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(TypeValidationError);
  expect((failure as Error).message).toMatch(words);
  const lines = String(pem)
    .split('\n')
    .filter((line) => line.length > 30 && !line.startsWith('-'));
  const printed = inspect(failure, { depth: 9 });
  expect(lines.filter((line) => printed.includes(line))).toEqual([]);
});

test('A key with any one byte of its numbers changed is refused.', () => {
  const der = privateKey.export({ type: 'pkcs1', format: 'der' });
  let accepted = 0;
  for (let at = 12; at < der.length; at += 97) {
    const damaged = Buffer.from(der);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    const pem = `-----BEGIN RSA PRIVATE KEY-----\n${damaged.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END RSA PRIVATE KEY-----\n`;
    try {
      checkContractKey(pem);
      // The private exponent is not used where the factors are there; a change in it harms nothing.
      const inPrivateExponent = at > 268 && at < 530;
      if (!inPrivateExponent) accepted += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(TypeValidationError);
    }
  }
  expect(accepted).toBe(0);
});
