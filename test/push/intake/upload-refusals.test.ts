import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import {
  boundary,
  fieldPart,
  fileMeta,
  filePart,
  metaPart,
  multipart,
  type Part,
  sendUpload,
} from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
let browser: Browser;
const limit = 200_000;
const bytes = Buffer.alloc(100_000, 7);

beforeAll(async () => {
  pair = await startPair({ env: { MAX_UPLOAD_BYTES: String(limit) } });
  browser = pair.browser();
  await browser.connect();
});
afterAll(() => pair.close());
afterEach(async () => {
  const spooled = () => readdirSync(join(pair.dataDir, 'app', 'spool'));
  await eventually('an empty spool', spooled, (names) => names.length === 0);
  expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
  await eventually('free places', () => pair.app.pushService.guard.inProgress === 0);
});

const send = (body: Buffer, options?: Parameters<typeof sendUpload>[3]) =>
  sendUpload(browser, pair.app.baseUrl, body, options);
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const twice = (part: Part) => [part, part];

describe('a form that is not what the route takes', () => {
  test.each<[string, Part[], number, string, string | undefined]>([
    ['no file', [metaPart()], 422, 'FileMissing', 'file'],
    ['a file of no bytes', [metaPart(), filePart('')], 422, 'FileEmpty', 'file'],
    ['an empty file name', [metaPart(), filePart(bytes, '')], 422, 'FileMissing', 'file'],
    ['two files', [metaPart(), ...twice(filePart(bytes))], 422, 'TooManyFiles', 'file'],
    [
      'the file under another name',
      [metaPart(), { ...filePart(bytes), disposition: 'name="document"; filename="a.bin"' }],
      422,
      'UnexpectedField',
      'document',
    ],
    [
      'a field nobody knows',
      [metaPart(), fieldPart('colour', 'red'), filePart(bytes)],
      422,
      'UnexpectedField',
      'colour',
    ],
    ['no description', [filePart(bytes)], 422, 'FileMetaInvalid', 'fileMeta'],
    ['two descriptions', [...twice(metaPart()), filePart(bytes)], 422, 'FileMetaInvalid', 'fileMeta'],
    [
      'a nested description',
      [fieldPart('fileMeta[mimeType]', 'text/plain'), filePart(bytes)],
      422,
      'UnexpectedField',
      'fileMeta[mimeType]',
    ],
    [
      'a description in an array far out',
      [fieldPart('fileMeta[99999999]', '{}'), filePart(bytes)],
      422,
      'UnexpectedField',
      'fileMeta[99999999]',
    ],
    [
      'a field called __proto__',
      [fieldPart('__proto__', '{"polluted":true}'), metaPart(), filePart(bytes)],
      422,
      'UnexpectedField',
      '__proto__',
    ],
    [
      'a description that is no JSON',
      [metaPart('{"mimeType":'), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta',
    ],
    [
      'a description a thousand levels deep',
      [metaPart(deep(1000)), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta',
    ],
    [
      'a description with keys nobody knows',
      [metaPart({ ...fileMeta, colour: 'red' }), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta.colour',
    ],
    [
      'a description that would change prototypes',
      [metaPart(`{"__proto__":{"polluted":true},${JSON.stringify(fileMeta).slice(1)}`), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta.__proto__',
    ],
    [
      'a description without accounts',
      [metaPart({ mimeType: 'text/plain', accounts: [] }), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta.accounts',
    ],
    [
      'an account without an id',
      [metaPart({ ...fileMeta, accounts: [{ accountId: ' ' }] }), filePart(bytes)],
      422,
      'FileMetaInvalid',
      'fileMeta.accounts[0].accountId',
    ],
    [
      'a description that does not fit into a header',
      [
        metaPart({ ...fileMeta, tags: Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(150, 'x')) }),
        filePart(bytes),
      ],
      422,
      'DescriptorTooLarge',
      'fileMeta',
    ],
    [
      'a description of 20 kB',
      [metaPart(JSON.stringify({ ...fileMeta, tags: ['x'.repeat(20_000)] })), filePart(bytes)],
      413,
      'FieldTooLong',
      'fileMeta',
    ],
    [
      'content that contradicts its type',
      [
        metaPart({ ...fileMeta, mimeType: 'application/pdf' }),
        filePart(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
      ],
      422,
      'MimeTypeMismatch',
      'fileMeta.mimeType',
    ],
  ])('%s is refused by name and leaves nothing', async (_what, parts, status, code, path) => {
    const answer = await send(multipart(parts));
    expect({ status: answer.status, code: answer.json.error?.code }).toEqual({ status, code });
    expect(answer.json.error.details.map((problem: { path: string }) => problem.path)).toContain(path);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('5,000 fields are refused', async () => {
    const fields = Array.from({ length: 5000 }, (_, n) => fieldPart(`field${n}`, 'x'.repeat(200)));
    const answer = await send(multipart([...fields, metaPart(), filePart(bytes)]), { chunked: true });
    expect(answer.status).toBe(422);
    expect(answer.json.error.code).toBe('UnexpectedField');
  });

  test('a connection that is somebody else’s is answered like one that does not exist', async () => {
    const other = pair.browser();
    const foreign = await other.connect();
    const answers = await Promise.all(
      [foreign.id, '00000000-0000-4000-8000-000000000000'].map((id) =>
        send(multipart([fieldPart('connection', id), metaPart(), filePart(bytes)])),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(answers[0]?.json.error.message).toBe(answers[1]?.json.error.message);
  });
});

describe('a body that is no form at all', () => {
  test.each<[string, string, Buffer, number, string]>([
    ['JSON', 'application/json', Buffer.from('{}'), 415, 'NotMultipart'],
    ['the bare file', 'application/octet-stream', bytes, 415, 'NotMultipart'],
    ['a form without files', 'application/x-www-form-urlencoded', Buffer.from('a=b'), 415, 'NotMultipart'],
    [
      'multipart without a boundary',
      'multipart/form-data',
      multipart([filePart(bytes)]),
      400,
      'MalformedMultipart',
    ],
    [
      'a form that ends in the middle of the file',
      `multipart/form-data; boundary=${boundary}`,
      multipart([metaPart(), filePart(bytes)]).subarray(0, 70_000),
      400,
      'MalformedMultipart',
    ],
    [
      'a form without its end',
      `multipart/form-data; boundary=${boundary}`,
      multipart([filePart(bytes), metaPart()]).subarray(0, -boundary.length),
      400,
      'MalformedMultipart',
    ],
    [
      'a part whose header is not one',
      `multipart/form-data; boundary=${boundary}`,
      Buffer.from(`--${boundary}\r\nthis is \x00 no header\r\n\r\nx\r\n--${boundary}--\r\n`),
      400,
      'MalformedMultipart',
    ],
  ])('%s is refused', async (_what, type, body, status, code) => {
    const answer = await send(body, { headers: { 'content-type': type } });
    expect({ status: answer.status, code: answer.json.error?.code }).toEqual({ status, code });
  });

  test('a visitor without a connection gets 404 before the body is read', async () => {
    const answer = await sendUpload(
      pair.browser(),
      pair.app.baseUrl,
      multipart([metaPart(), filePart(bytes)]),
    );
    expect(answer.json.error.code).toBe('ConnectionNotFound');
  });
});
