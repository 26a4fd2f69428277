import { describe, expect, test } from '@jest/globals';
import { attachment, downloadName } from '../../src/library/download-name.js';
import { detailsOf } from '../../src/library/file-details.js';
import { indentJson } from '../../src/library/indent-json.js';
import { servedType } from '../../src/library/served-type.js';

describe('the name of a download', () => {
  test('is that of the push, else that of digi.me with the extension of its type', () => {
    expect(downloadName('holiday.jpeg', 'push_1', 'image/jpeg')).toBe('holiday.jpeg');
    expect(downloadName(undefined, 'push_1', 'image/jpeg')).toBe('push_1.jpg');
    expect(downloadName(undefined, 'push_1.JPG', 'image/jpeg')).toBe('push_1.JPG');
    expect(downloadName(undefined, 'push_1', 'application/x-unheard')).toBe('push_1');
    expect(downloadName(undefined, 'push_1', 'constructor')).toBe('push_1');
  });
  test.each([
    ['a "b".txt', `attachment; filename="a _b_.txt"; filename*=UTF-8''a%20%22b%22.txt`],
    ['日本語.pdf', `attachment; filename="___.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E.pdf`],
    ['a\r\nSet-Cookie: x', `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a__Set-Cookie%3A%20x`],
    ['../../etc/passwd', `attachment; filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
    ["it's (1)*.txt", `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ['\ud800.txt', `attachment; filename="_.txt"; filename*=UTF-8''_.txt`],
  ])('travels safely: %j', (name, header) => {
    expect(attachment(name)).toBe(header);
  });
});

test.each([
  ['image/png', 'image/png'],
  ['text/plain; charset=latin1', 'text/plain; charset=utf-8'],
  ['text/html', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
  ['application/xhtml+xml', 'application/octet-stream'],
  ['text/javascript', 'application/octet-stream'],
  ['image/png\r\nX: y', 'application/octet-stream'],
  [undefined, 'application/octet-stream'],
])('%j is served as %s', (type, served) => {
  expect(servedType(type)).toBe(served);
});

test('JSON is spread over lines with every figure as it was', () => {
  expect(indentJson('{"a":[1,{"b":70.50}],"c":{},"d":"x{,\\"}","e":[]}')).toBe(
    '{\n  "a": [\n    1,\n    {\n      "b": 70.50\n    }\n  ],\n  "c": {},\n  "d": "x{,\\"}",\n  "e": []\n}',
  );
  expect(indentJson('{not json')).toBe('{not json');
  expect(indentJson('plain')).toBe('plain');
});

test('JSON that indentation would blow up stays as it is', () => {
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
  expect(indentJson(deep)).toBe(deep);
});

test('metadata that are not what they should be are left out, not passed on', () => {
  expect(
    detailsOf({
      mimetype: 7,
      accounts: 'x',
      reference: [1, 'r'],
      tags: { a: 1 },
      appid: '',
      created: 'never',
    }),
  ).toEqual({ accountIds: [], reference: ['r'], tags: [] });
  expect(detailsOf({ accounts: [null, { accountid: 'a' }, { accountId: 'b' }] }).accountIds).toEqual([
    'a',
    'b',
  ]);
});
