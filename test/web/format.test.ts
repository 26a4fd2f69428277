import { describe, expect, test } from '@jest/globals';
import { formatOf } from '../../src/web/format.js';

const en = formatOf('en', 'UTC');
const nl = formatOf('nl', 'Europe/Amsterdam');
const at = Date.UTC(2025, 2, 4, 14, 5, 9);

describe('sizes', () => {
  test.each([
    [0, '0 bytes'],
    [1023, '1,023 bytes'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1 MiB'],
    [100 * 1024 ** 2, '100 MiB'],
    [5 * 1024 ** 4, '5 TiB'],
  ])('%d bytes read as %s', (bytes, text) => {
    expect(en.bytes(bytes)).toBe(text);
  });

  test('have a decimal comma in Dutch', () => {
    expect(nl.bytes(1536)).toBe('1,5 KiB');
    expect(nl.number(1234567)).toBe('1.234.567');
  });
});

describe('lengths of time', () => {
  test.each([
    [250, '250 ms'],
    [4200, '4.2 secs'],
    [59_600, '1 min'],
    [185_000, '3 mins 5 secs'],
    [7_200_000, '2 hrs'],
  ])('%d ms reads as %s', (ms, text) => {
    expect(en.duration(ms)).toBe(text);
  });
});

describe('dates', () => {
  test('name the time zone that they are given in', () => {
    expect(en.date(at)).toBe('4 Mar 2025, 14:05:09 UTC');
    expect(en.shortDate(at)).toBe('4 Mar 2025, 14:05 UTC');
    expect(nl.date(at)).toMatch(/^4 mrt 2025[, ]+15:05:09 CET$/);
  });

  test('are ISO 8601 in UTC for machines', () => {
    expect(nl.iso(at)).toBe('2025-03-04T14:05:09.000Z');
  });
});

test('a file name can not turn the direction of writing or break a line', () => {
  expect(en.fileName('report\u202Efdp.exe')).toBe('report\uFFFDfdp.exe');
  expect(en.fileName('a\r\nb\u0000')).toBe('a\uFFFD\uFFFDb\uFFFD');
  expect(en.fileName('日本語 – één.pdf')).toBe('日本語 – één.pdf');
});
