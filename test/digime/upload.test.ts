import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DigiMe, type FileData, init } from '../../src/digime/index.js';
import { eventually } from '../support/eventually.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  refuse,
  type Script,
  sendJson,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl });
});
afterEach(() => platform.stop());

const route = 'POST permission-access/import';
const piece = Buffer.alloc(64 * 1024, 7);

function push(fileData: FileData, fileSize?: number, userAccessToken = firstToken()) {
  const fileDescriptor = { mimeType: 'a/b', accounts: [{ accountId: 'a' }] };
  const data = { fileData, fileName: 'x', fileDescriptor, ...(fileSize === undefined ? {} : { fileSize }) };
  return sdk.pushData({ contractDetails: contract.details, userAccessToken, data });
}

function* pieces(count: number) {
  for (let index = 0; index < count; index += 1) yield piece;
}

test('A stream of a known size goes with a Content-Length, one of an unknown size in chunks, both byte for byte.', async () => {
  const sha256 = createHash('sha256')
    .update(Buffer.concat([...pieces(40)]))
    .digest('hex');
  await push(Readable.from(pieces(40)), 40 * piece.length);
  await push(() => Readable.from(pieces(40)));
  await push(Readable.from(['text ', 'of a stream']));
  const [known, unknown, words] = platform.requests(route);
  expect(known).toMatchObject({ sha256, headers: { 'content-length': String(40 * piece.length) } });
  expect(unknown).toMatchObject({ sha256, headers: { 'transfer-encoding': 'chunked' } });
  expect(words?.body.toString()).toBe('text of a stream');
});

test.each([
  ['a Buffer', Buffer.alloc(20_000, 'abc').subarray(5_000, 15_000)],
  ['a Uint8Array', new Uint8Array(Buffer.alloc(20_000, 'abc').buffer, 5_000, 10_000)],
  ['a large Buffer', Buffer.alloc(2_000_000, 'abc').subarray(5_000, 1_995_000)],
])(
  'The bytes of %s are sent as they are, with their size, and whole again after a refresh.',
  async (_, view) => {
    const sha256 = createHash('sha256').update(view).digest('hex');
    await push(view);
    await push(view, view.byteLength, expiredToken());
    const seen = platform.requests(route);
    expect(seen).toHaveLength(3);
    for (const { headers, ...request } of seen) {
      expect(request.sha256).toBe(sha256);
      expect(headers['content-length']).toBe(String(view.byteLength));
      expect(headers).not.toHaveProperty('transfer-encoding');
    }
    await expect(push(view, view.byteLength - 1)).rejects.toThrow('fileSize: is not the size of the Buffer');
    expect(platform.requests(route)).toHaveLength(3);
  },
);

test('Bytes in memory are neither copied nor made a stream, as a tool sees that signs the request.', async () => {
  const view = new Uint8Array(new ArrayBuffer(20_000), 5_000, 10_000);
  const bodies: unknown[] = [];
  await sdk.pushData({
    contractDetails: contract.details,
    userAccessToken: firstToken(),
    data: { fileData: view, fileDescriptor: { mimeType: 'a/b', accounts: [] } },
    intercept: async ({ sign, send }) => {
      bodies.push((await sign()).body);
      return send();
    },
  });
  const [{ content, sizeBytes }] = bodies as [{ content: Buffer; sizeBytes: number }];
  expect(Buffer.isBuffer(content)).toBe(true);
  expect(content.buffer).toBe(view.buffer);
  expect([content.byteOffset, content.byteLength, sizeBytes]).toEqual([5_000, 10_000, 10_000]);
});

test.each([
  ['shorter', () => Readable.from(pieces(3))],
  ['longer', () => Readable.from(pieces(5))],
  ['longer by a piece that comes late', () => Readable.from(lateSurplus())],
])('A stream that is %s than announced is an error, and no server sees a whole body.', async (_, open) => {
  for (const fileData of [open(), open]) {
    await expect(push(fileData, 4 * piece.length)).rejects.toMatchObject({
      error: { code: 'FileSizeMismatch', statusCode: 0 },
    });
  }
  await eventually(
    'two that broke off',
    () =>
      platform
        .requests(route)
        .map(({ aborted }) => aborted)
        .join() === 'true,true',
  );
});

async function* lateSurplus() {
  yield* pieces(4);
  await new Promise((resolve) => setTimeout(resolve, 100));
  yield Buffer.from('!');
}

test('A stream that fails or is closed breaks the transfer off; it never arrives as a whole file.', async () => {
  const failing = async function* () {
    yield piece;
    throw new Error('the disk is gone');
  };
  await expect(push(Readable.from(failing()))).rejects.toMatchObject({
    error: { code: 'FileSourceFailed' },
    cause: { message: 'the disk is gone' },
  });
  const closing = new Readable({ read() {} });
  closing.push(piece);
  setTimeout(() => closing.destroy(), 50);
  await expect(push(closing)).rejects.toMatchObject({ error: { code: 'FileSourceFailed' } });
  await expect(push(() => Promise.reject(new Error('no such file')))).rejects.toMatchObject({
    error: { code: 'FileSourceFailed' },
  });
  await expect(push((() => 'text') as never)).rejects.toMatchObject({ error: { code: 'FileSourceFailed' } });
  await expect(push(Readable.from([{ an: 'object' }]))).rejects.toMatchObject({
    error: { code: 'FileSourceFailed' },
  });
  await eventually('all broken off', () => platform.requests(route).every(({ aborted }) => aborted));
});

test('A 401 before the body was sent is answered at once: the refresh, then the whole body from a fresh stream.', async () => {
  const early: Script = (_, response) => refuse(response, 401, 'InvalidToken');
  platform.script(route, early);
  const opened: Readable[] = [];
  const endless = () => {
    const stream = Readable.from(opened.length === 0 ? pieces(Number.POSITIVE_INFINITY) : pieces(4));
    opened.push(stream);
    return stream;
  };
  await push(endless, undefined, expiredToken());
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  expect(platform.requests(route)[1]?.body).toHaveLength(4 * piece.length);
});

/** Refuses in the middle of the body and closes, with the rest unread. */
const refuseAndClose: Script = (request, response) => {
  request.once('data', () => {
    const error = { code: 'PayloadTooLarge', message: 'no', reference: '' };
    sendJson(response, 413, { error }, { connection: 'close' });
    response.once('finish', () => request.socket.destroy());
  });
};

test('A refusal with the connection closed behind it, in the middle of the body, is still read.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'upload-'));
  const path = join(folder, 'large');
  writeFileSync(path, Buffer.alloc(8_000_000));
  platform.script(route, ...Array<Script>(60).fill(refuseAndClose));
  // From a disk and many at once, so that writes meet connections that have just been closed.
  const codes = await Promise.all(
    Array.from({ length: 60 }, () =>
      push(() => createReadStream(path, { highWaterMark: 16_384 })).catch(({ error }) => error.code),
    ),
  );
  rmSync(folder, { recursive: true });
  expect(codes).toEqual(Array(60).fill('PayloadTooLarge'));
});

test('A large Buffer, or a stream, that is refused early ends with the refusal too.', async () => {
  const source = Readable.from(pieces(3_000));
  for (const file of [Buffer.alloc(60_000_000), source]) {
    platform.script(route, refuseAndClose);
    await expect(push(file)).rejects.toMatchObject({ error: { code: 'PayloadTooLarge', statusCode: 413 } });
  }
  expect(source.destroyed).toBe(true);
});

test('An upload that nobody reads ends within its deadline; a slow but steady one goes on for longer than that.', async () => {
  // Twice the gap between two pieces and more, also on a busy machine; all of them together take longer.
  sdk = init({ applicationId, baseUrl: platform.baseUrl, pushTimeoutMs: 1500 });
  platform.script(route, () => undefined);
  const stuck = Readable.from(pieces(Number.POSITIVE_INFINITY));
  await expect(push(stuck)).rejects.toMatchObject({ error: { code: 'Timeout', statusCode: 0 } });
  expect(stuck.destroyed).toBe(true);

  const slow = async function* () {
    for (const bytes of pieces(8)) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      yield bytes;
    }
  };
  await push(Readable.from(slow()));
});

test('A success that is announced before the body has arrived is believed only once all was sent.', async () => {
  platform.script(route, (request, response) => {
    response.writeHead(201).flushHeaders();
    request.resume().once('end', () => response.end());
  });
  await push(Readable.from(pieces(20)));
  platform.script(route, (request, response) => {
    response.writeHead(201).end();
    setTimeout(() => request.socket.destroy(), 50);
  });
  await expect(push(Readable.from(pieces(3_000)))).rejects.toMatchObject({ error: { statusCode: 0 } });
});
