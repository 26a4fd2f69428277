import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeFileName } from '../../../src/push/intake/file-name.js';

test('whatever comes in, what goes out is one line without folders, control characters or turned text', () => {
  const nasty = fc.constantFrom(
    '\0',
    '\r',
    '\n',
    '\u202e',
    '\u2066',
    '\u2028',
    '/',
    '\\',
    '..',
    '.',
    ' ',
    '\u200f',
  );
  const name = fc.array(fc.oneof(nasty, fc.string({ unit: 'grapheme' })), { maxLength: 60 });
  fc.assert(
    fc.property(name, (pieces) => {
      const safe = safeFileName(pieces.join(''));
      expect(safe).not.toMatch(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/u);
      expect(['', '.', '..']).not.toContain(safe);
      expect([...safe].length).toBeLessThanOrEqual(255);
      expect(safeFileName(safe)).toBe(safe);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['', 'unnamed'],
  ['..', 'unnamed'],
  ['/', 'unnamed'],
  ['C:\\Users\\me\\letter.pdf', 'letter.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['invoice\u202efdp.exe', 'invoice_fdp.exe'],
  ['a\r\nSet-Cookie: b', 'a__Set-Cookie: b'],
  ['日本語.txt', '日本語.txt'],
  ['e\u0301.txt', '\u00e9.txt'],
])('%j becomes %j', (name, safe) => {
  expect(safeFileName(name)).toBe(safe);
});

test('a long name keeps its ending and no half of a character', () => {
  const safe = safeFileName(`${'😀'.repeat(400)}.jpeg`);
  expect(safe).toBe(`${'😀'.repeat(250)}.jpeg`);
});
