import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { fileMeta } from '../../support/multipart.js';
import { type Pair, type PairOptions, startPair } from '../../support/start-pair.js';

let pair: Pair;
let anna: Browser;
afterEach(() => pair.close());

async function start(options: PairOptions = {}): Promise<void> {
  pair = await startPair(options);
  anna = pair.browser();
  await anna.connect();
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** One request of the protocol as `browser`'s visitor; with `cutAfter` the connection breaks after so many bytes. */
function tus(
  browser: Browser,
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  body?: Buffer,
  cutAfter?: number,
): Promise<Answer | 'cut'> {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((resolve) => {
    const outgoing = request(
      new URL(path, pair.app.baseUrl),
      {
        method,
        agent: false,
        headers: {
          cookie,
          accept: 'application/json',
          'tus-resumable': '1.0.0',
          ...(body && { 'content-length': body.length, 'content-type': 'application/offset+octet-stream' }),
          ...headers,
        },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
        answer.once('error', () => resolve('cut'));
      },
    );
    outgoing.once('error', () => resolve('cut'));
    if (cutAfter === undefined) outgoing.end(body);
    else
      outgoing.write((body ?? Buffer.alloc(0)).subarray(0, cutAfter), () =>
        setTimeout(() => outgoing.destroy(), 50),
      );
  });
}

async function answered(promise: Promise<Answer | 'cut'>): Promise<Answer> {
  const answer = await promise;
  if (answer === 'cut') throw new Error('the connection was cut');
  return answer;
}

const metadataOf = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');

const describing = (meta: unknown = fileMeta, more: Record<string, string> = {}) =>
  metadataOf({ filename: 'scan é.bin', fileMeta: JSON.stringify(meta), ...more });

const create = (size: number, metadata = describing(), browser = anna, body?: Buffer) =>
  answered(tus(browser, 'POST', '/uploads', { 'upload-length': size, 'upload-metadata': metadata }, body));
const patch = (url: string, offset: number, body: Buffer, browser = anna) =>
  answered(tus(browser, 'PATCH', url, { 'upload-offset': offset }, body));
const offsetOf = async (url: string) =>
  Number((await answered(tus(anna, 'HEAD', url))).headers['upload-offset']);
const spooled = () => readdirSync(join(pair.dataDir, 'app', 'spool'));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const emptySpool = () => eventually('an empty spool', spooled, (names) => names.length === 0);

test.each([10, 65_536, 65_537, 262_144, 900_000, 1_048_576])(
  '%d bytes in pieces of odd sizes arrive as they are, with their name and description',
  async (size) => {
    await start();
    const bytes = randomBytes(size);
    const created = await create(size);
    expect(created.status).toBe(201);
    const url = created.headers.location ?? '';
    expect(url).toMatch(/^\/uploads\/[0-9a-f-]{36}$/);
    expect(created.headers['upload-expires']).toBeDefined();
    let answer: Answer | undefined;
    for (let at = 0, piece = Math.ceil(size / 7); at < size; at += piece) {
      expect(await offsetOf(url)).toBe(at);
      answer = await patch(url, at, bytes.subarray(at, at + piece));
      expect(answer.status).toBe(204);
      expect(answer.headers['upload-offset']).toBe(String(Math.min(size, at + piece)));
    }
    const pushUrl = answer?.headers['push-location'] as string;
    expect(pushUrl).toMatch(/^\/pushes\//);
    const push = await anna.waitForState(pushUrl.slice('/pushes/'.length), ['delivered']);
    expect(push).toMatchObject({ size, sha256: sha256(bytes), fileName: 'scan é.bin', descriptor: fileMeta });
    expect(pair.sandbox.control.library().files).toMatchObject([{ sha256: sha256(bytes), count: 1 }]);
    await emptySpool();
    // A client that did not hear the answer asks again.
    expect((await answered(tus(anna, 'HEAD', url))).headers['push-location']).toBe(pushUrl);
    expect((await patch(url, size, Buffer.alloc(0))).headers['push-location']).toBe(pushUrl);
    await emptySpool();
  },
);

test('over a connection that breaks ten times, and a restart between, a file arrives once and whole', async () => {
  await start();
  const bytes = randomBytes(3_000_000);
  const url = (await create(bytes.length)).headers.location ?? '';
  for (let time = 0; time < 10; time++) {
    const offset = await offsetOf(url);
    const rest = bytes.subarray(offset);
    await tus(anna, 'PATCH', url, { 'upload-offset': offset }, rest, 250_000);
    await eventually(
      'what arrived',
      () => offsetOf(url),
      (now) => now > offset,
    );
    if (time === 5) await pair.restart();
  }
  const offset = await offsetOf(url);
  const last = await patch(url, offset, bytes.subarray(offset));
  const id = String(last.headers['push-location']).slice('/pushes/'.length);
  expect(await anna.waitForState(id, ['delivered'])).toMatchObject({ sha256: sha256(bytes) });
  expect(pair.sandbox.control.library().files).toMatchObject([{ sha256: sha256(bytes), count: 1 }]);
  await emptySpool();
});

test('a new request ends the one before, whose connection nobody knows to be dead', async () => {
  await start();
  const bytes = randomBytes(500_000);
  const url = (await create(bytes.length)).headers.location ?? '';
  // It says how much there is to come, sends a part and then nothing any more.
  const hanging = request(new URL(url, pair.app.baseUrl), {
    method: 'PATCH',
    agent: false,
    headers: {
      cookie: [...anna.cookies()].map(([name, value]) => `${name}=${value}`).join('; '),
      'tus-resumable': '1.0.0',
      'upload-offset': 0,
      'content-type': 'application/offset+octet-stream',
      'content-length': bytes.length,
    },
  });
  hanging.on('error', () => {});
  await new Promise((resolve) => hanging.write(bytes.subarray(0, 300_000), resolve));
  await eventually('the file', spooled, (names) => names.length === 1);
  const offset = await offsetOf(url);
  expect((await patch(url, offset, bytes.subarray(offset))).status).toBe(204);
  await eventually('one delivery', () => pair.sandbox.control.library().files.length === 1);
  expect(pair.sandbox.control.library().files[0]?.sha256).toBe(sha256(bytes));
});

test('another visitor’s upload is like none: 404 for every method', async () => {
  await start();
  const bert = pair.browser();
  await bert.connect();
  const url = (await create(100)).headers.location ?? '';
  const none = '/uploads/00000000-0000-4000-8000-000000000000';
  for (const [method, headers] of [
    ['HEAD', {}],
    ['PATCH', { 'upload-offset': 0 }],
    ['DELETE', {}],
  ] as const) {
    const body = method === 'PATCH' ? Buffer.from('abc') : undefined;
    const foreign = await answered(tus(bert, method, url, headers, body));
    const missing = await answered(tus(bert, method, none, headers, body));
    expect([method, foreign.status, missing.status]).toEqual([method, 404, 404]);
    expect(foreign.text.replaceAll(/"requestId":"[^"]*"/g, '')).toBe(
      missing.text.replaceAll(/"requestId":"[^"]*"/g, ''),
    );
  }
  expect(await offsetOf(url)).toBe(0);
});

test.each<[string, Record<string, string | number>, number, string | undefined]>([
  [
    'without a description',
    { 'upload-length': 10, 'upload-metadata': metadataOf({ filename: 'a' }) },
    422,
    'FileMetaInvalid',
  ],
  [
    'with a description that is wrong',
    { 'upload-length': 10, 'upload-metadata': describing({ mimeType: 'text/plain', accounts: [] }) },
    422,
    'FileMetaInvalid',
  ],
  ['of nothing', { 'upload-length': 0, 'upload-metadata': describing() }, 422, 'FileEmpty'],
  ['that is too large', { 'upload-length': 2_000_000, 'upload-metadata': describing() }, 413, 'FileTooLarge'],
  [
    'for another connection',
    { 'upload-length': 10, 'upload-metadata': describing(fileMeta, { connection: 'nobody' }) },
    404,
    'ConnectionNotFound',
  ],
  ['without a length', { 'upload-metadata': describing() }, 400, undefined],
])('an upload %s is refused before a byte of it travels', async (_what, headers, status, code) => {
  await start({ env: { MAX_UPLOAD_BYTES: '1000000' } });
  const answer = await answered(tus(anna, 'POST', '/uploads', headers));
  expect(answer.status).toBe(status);
  if (code !== undefined) expect(JSON.parse(answer.text).error.code).toBe(code);
  expect(spooled()).toEqual([]);
});

test('content that contradicts its type is refused at its first bytes, and the upload is gone', async () => {
  await start();
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(500_000)]);
  const url = (await create(50_000_000, describing({ ...fileMeta, mimeType: 'application/pdf' }))).headers
    .location;
  const answer = await patch(url ?? '', 0, png);
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([422, 'MimeTypeMismatch']);
  await eventually('its end', async () => (await answered(tus(anna, 'HEAD', url ?? ''))).status === 404);
  await emptySpool();
});

test('an upload that is given up leaves nothing, nor does one that was forgotten', async () => {
  await start();
  for (const end of ['DELETE', 'forget']) {
    const url = (await create(1_000_000)).headers.location ?? '';
    await patch(url, 0, randomBytes(600_000));
    expect(spooled()).toHaveLength(1);
    if (end === 'DELETE') expect((await answered(tus(anna, 'DELETE', url))).status).toBe(204);
    else await anna.post('/forget');
    await emptySpool();
  }
});

test('what is begun counts against the quota with all it is going to be', async () => {
  await start({ env: { VISITOR_QUOTA_BYTES: '1000000', MAX_UPLOAD_BYTES: '900000' } });
  expect((await create(700_000)).status).toBe(201);
  const second = await create(400_000);
  expect([second.status, JSON.parse(second.text).error.code]).toEqual([413, 'QuotaExceeded']);
});

test('an upload is removed after a day, with what it had sent', async () => {
  let now = Date.now();
  await start({ now: () => now });
  const url = (await create(1_000_000)).headers.location ?? '';
  await patch(url, 0, randomBytes(600_000));
  expect(spooled()).toHaveLength(1);
  now += 25 * 3_600_000;
  await pair.restart();
  await emptySpool();
});

test('more bytes than were announced are refused, the wrong offset is 409, and other sites are kept out', async () => {
  await start();
  const url = (await create(100)).headers.location ?? '';
  expect((await patch(url, 0, randomBytes(101))).status).toBe(413);
  expect((await patch(url, 50, randomBytes(10))).status).toBe(409);
  const foreign = await answered(
    tus(anna, 'PATCH', url, { 'upload-offset': 0, origin: 'https://elsewhere.example' }, randomBytes(10)),
  );
  expect(foreign.status).toBe(403);
  expect(await offsetOf(url)).toBe(0);
  const options = await answered(tus(anna, 'OPTIONS', '/uploads'));
  expect(options.headers['tus-extension']).toBe('creation,creation-with-upload,termination,expiration');
  expect(options.headers['access-control-allow-origin']).toBeUndefined();
});

test('a small file goes with the request that begins it', async () => {
  await start();
  const bytes = randomBytes(20_000);
  const answer = await create(bytes.length, describing(), anna, bytes);
  expect([answer.status, answer.headers['upload-offset']]).toEqual([201, '20000']);
  const id = String(answer.headers['push-location']).slice('/pushes/'.length);
  expect(await anna.waitForState(id, ['delivered'])).toMatchObject({ sha256: sha256(bytes) });
});

test.each([
  ['upload-defer-length', '1'],
  ['upload-concat', 'partial'],
  ['upload-checksum', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['content-encoding', 'gzip'],
])('a request with %s, which is not offered, is told so and begins nothing', async (header, value) => {
  await start();
  const refused = await answered(
    tus(anna, 'POST', '/uploads', {
      'upload-length': 10,
      'upload-metadata': describing(),
      accept: '*/*',
      [header]: value,
    }),
  );
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.text).error).toMatchObject({
    code: 'InvalidRequest',
    details: [{ path: header }],
  });
  const url = (await create(10)).headers.location ?? '';
  const cut = await answered(
    tus(anna, 'PATCH', url, { 'upload-offset': 0, [header]: value }, Buffer.from('0123456789')),
  );
  expect(cut.status).toBe(400);
  expect(await offsetOf(url)).toBe(0);
});
