import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cookieSecret, createSealer } from '../../src/storage/index.js';

const secret = 'a secret of thirty-two characters';
const sealer = createSealer(secret);

test('what was sealed opens again, for the same context only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (plain, context, other) => {
      const sealed = sealer.seal(plain, context);
      expect(sealer.open(sealed, context).toString()).toBe(plain);
      if (other !== context) expect(() => sealer.open(sealed, other)).toThrow();
    }),
  );
});

test('any change of any character makes it useless', () => {
  const sealed = sealer.seal('a token', 'here');
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    // The last character of base64url may carry bits that mean nothing.
    if (
      Buffer.from(changed.slice(3), 'base64url').equals(Buffer.from(sealed.slice(3), 'base64url')) &&
      changed.startsWith('v1.')
    )
      continue;
    expect(() => sealer.open(changed, 'here')).toThrow();
  }
  for (const text of ['', 'v1.', 'v2.AAAA', sealed.slice(0, -4)])
    expect(() => sealer.open(text, 'here')).toThrow();
});

test('another secret opens nothing, and the cookies’ secret is not the sealing key', () => {
  const sealed = sealer.seal('a token', 'here');
  expect(() => createSealer('another secret of 32 characters..').open(sealed, 'here')).toThrow();
  expect(() => createSealer(cookieSecret(secret)).open(sealed, 'here')).toThrow();
  expect(sealer.seal('a token', 'here')).not.toBe(sealed);
});
