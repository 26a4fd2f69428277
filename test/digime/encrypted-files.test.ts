import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DigiMe, FileDecryptionError, init } from '../../src/digime/index.js';
import {
  applicationId,
  contract,
  firstToken,
  LocalPlatform,
  otherContract,
  type Script,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;

const client = (options: { timeoutMs?: number } = {}) =>
  init({
    applicationId,
    baseUrl: platform.baseUrl,
    maxFileBytes: 3_000_000,
    retryOptions: { limit: 0 },
    ...options,
  });

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = client();
});
afterEach(() => platform.stop());

const args = { sessionKey: 'key', fileName: 'f', ...contract.details, userAccessToken: firstToken() };
const route = 'GET permission-access/query/key/f';
const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'x')]);

function encrypt(clear: Buffer, details = contract.details): Buffer {
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const oaep = {
    key: createPublicKey(details.privateKey),
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: 'sha1',
  };
  return Buffer.concat([publicEncrypt(oaep, key), iv, cipher.update(clear), cipher.final()]);
}

function file(body: Buffer, compression?: string, headers: Record<string, string> = {}): Script {
  const metadata = Buffer.from(
    JSON.stringify({ metadata: { mimetype: 'a/b' }, ...(compression ? { compression } : {}) }),
  ).toString('base64url');
  return (_, response) => {
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'x-metadata': metadata,
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      ...headers,
    });
    response.end(body);
  };
}

test.each([
  ['plain', undefined, content],
  ['gzip', 'gzip', gzipSync(content)],
  ['brotli', 'brotli', brotliCompressSync(content)],
])('A file (%s) is decrypted byte for byte, whole and as a stream.', async (_, compression, stored) => {
  platform.script(route, file(encrypt(stored), compression), file(encrypt(stored), compression));
  const { fileData, ...facts } = await sdk.readFile(args);
  expect(fileData.equals(content)).toBe(true);
  expect(facts).toEqual({
    fileMetadata: { mimetype: 'a/b' },
    fileName: 'f',
    lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT',
    userAccessToken: firstToken(),
  });
  const { stream } = await sdk.openFile(args);
  expect((await buffer(stream)).equals(content)).toBe(true);
});

const bomb = Buffer.alloc(200_000_000);
const quickly = { params: { [zlib.BROTLI_PARAM_QUALITY]: 1 } };

const damaged = encrypt(content);
// Turns the length of the padding, the last byte of all, into one that no padding has.
damaged[damaged.length - 17] = (damaged.at(-17) ?? 0) ^ 0x80;

test.each([
  ['is for another key', encrypt(content, otherContract.details), undefined],
  ['is empty', Buffer.alloc(0), undefined],
  ['has only its head', encrypt(content).subarray(0, 272), undefined],
  ['is cut in the middle of a block', encrypt(content).subarray(0, 5_001), undefined],
  ['is damaged at its end', damaged, undefined],
  ['is not compressed as it says', encrypt(content), 'gzip'],
  ['was cut before it was encrypted', encrypt(gzipSync(content).subarray(0, 2_000)), 'gzip'],
  ['is a gzip bomb', encrypt(gzipSync(bomb, { level: 1 })), 'gzip'],
  ['is a brotli bomb', encrypt(brotliCompressSync(bomb, quickly)), 'brotli'],
])('A file that %s is a FileDecryptionError, whole and as a stream.', async (_, body, compression) => {
  platform.script(route, file(body, compression), file(body, compression));
  await expect(sdk.readFile(args)).rejects.toBeInstanceOf(FileDecryptionError);
  const { stream } = await sdk.openFile(args);
  await expect(buffer(stream)).rejects.toBeInstanceOf(FileDecryptionError);
});

test('A transfer that breaks off, drips, or brings too much is an error of the platform.', async () => {
  const body = encrypt(content);
  platform.script(
    route,
    (request, response, p) => {
      file(body.subarray(0, 100_000), undefined, { 'content-length': String(body.length) })(
        request,
        response,
        p,
      );
      setTimeout(() => request.socket.destroy(), 50);
    },
    (_, response) => {
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'x-metadata': Buffer.from('{"metadata":{}}').toString('base64url'),
      });
      const drip = setInterval(() => response.write('x'), 50);
      response.once('close', () => clearInterval(drip));
    },
    file(Buffer.alloc(4_000_000)),
  );
  await expect(sdk.readFile(args)).rejects.toMatchObject({
    error: { code: 'TruncatedResponse', statusCode: 200 },
  });
  await expect(client({ timeoutMs: 1500 }).readFile(args)).rejects.toMatchObject({
    error: { code: 'Timeout' },
  });
  await expect(sdk.readFile(args)).rejects.toBeInstanceOf(Error);
});

test('A file without its metadata, or of another content type, is refused.', async () => {
  platform.script(
    route,
    file(encrypt(content), undefined, { 'x-metadata': '!' }),
    file(encrypt(content), undefined, { 'content-type': 'text/html' }),
  );
  await expect(sdk.readFile(args)).rejects.toMatchObject({ error: { code: 'UnexpectedResponse' } });
  await expect(sdk.readFile(args)).rejects.toMatchObject({
    error: { code: 'UnexpectedResponse', message: expect.stringContaining('content-type') },
  });
});

test('A reader who leaves closes the connection, whether the reading had begun or not.', async () => {
  for (const begin of [false, true]) {
    const closed = new Promise((resolve) => {
      platform.script(route, (request, response) => {
        request.socket.once('close', resolve);
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'x-metadata': Buffer.from('{"metadata":{}}').toString('base64url'),
        });
        response.write(encrypt(content).subarray(0, 200_000));
      });
    });
    const { stream } = await sdk.openFile(args);
    if (begin) await new Promise((resolve) => stream.once('data', resolve));
    stream.destroy();
    await closed;
  }
});
