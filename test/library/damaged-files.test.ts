import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectReading, finishedList, pushAndDeliver } from './reading.js';

let pair: Pair;
let browser: Browser;
/** Larger than what is compared without being asked, and than what is kept in memory. */
const bytes = randomBytes(6 * 2 ** 20);
let path: string;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await browser.connect();
  await pushAndDeliver(browser, bytes, { mimeType: 'application/octet-stream' }, 'large.bin');
  await connectReading(browser);
  const list = await finishedList(browser);
  path = list.files[0].links.self;
});
afterEach(async () => {
  pair.sandbox.control.clearFaults();
  // Whatever happened, nothing of the file stays behind; it is removed once the answer has left.
  const spooled = () => readdir(join(pair.dataDir, 'app', 'spool'));
  await eventually('an empty spool', spooled, (names) => names.length === 0);
});
afterAll(() => pair.close());

const metadata = Buffer.from(JSON.stringify({ metadata: { mimetype: 'text/plain' } })).toString('base64url');
const asFile = { 'content-type': 'application/octet-stream', 'x-metadata': metadata };

async function download() {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const answer = await fetch(new URL(path, pair.app.baseUrl), { headers: { cookie } });
  return { answer, body: Buffer.from(await answer.arrayBuffer()) };
}

test('a large file is not read without being asked, and its size is given as announced', async () => {
  const [file] = (await finishedList(browser, '?again')).files;
  expect(file.isCompared).toBe(false);
  expect(file.sentBytes).toBeGreaterThan(bytes.length);
  expect(file.sentBytes).toBeLessThan(bytes.length + 400);
  // Its name is a guess by description and size, and said to be one.
  expect(file.title).toBe('large.bin');
  expect(file.samePush).toBeUndefined();
  expect(file.probably.fileName).toBe('large.bin');
});

test('a whole file arrives whole, under the name it was pushed with', async () => {
  const { answer, body } = await download();
  expect(body.equals(bytes)).toBe(true);
  expect(answer.headers.get('content-length')).toBe(String(bytes.length));
  expect(answer.headers.get('content-disposition')).toContain('filename="large.bin"');
  expect((await finishedList(browser)).files[0]).toMatchObject({ isCompared: true, size: bytes.length });
});

test.each([100, 300, 3 * 2 ** 20])(
  'a body cut after %i bytes gives a page and no file',
  async (afterBytes) => {
    pair.sandbox.control.addFault({ route: 'file', times: 5, behaviour: 'truncate', afterBytes });
    const { answer, body } = await download();
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('content-disposition')).toBeNull();
    expect(body.toString()).toContain('FileDecryptionError');
    expect((await browser.getJson(path)).json.error.code).toBe('FileDecryptionError');
  },
);

test.each([
  ['of another length', 'x'.repeat(299)],
  ['for another key', 'x'.repeat(512)],
  ['too short to be one', 'x'.repeat(160)],
  ['of no bytes', ''],
])('a body %s gives FileDecryptionError', async (_what, body) => {
  pair.sandbox.control.addFault({ route: 'file', status: 200, headers: asFile, body });
  expect((await browser.getJson(path)).json.error.code).toBe('FileDecryptionError');
});

test('a page instead of a file gives FileDecryptionError', async () => {
  const html = { 'content-type': 'text/html' };
  pair.sandbox.control.addFault({ route: 'file', status: 200, headers: html, body: '<h1>Welcome</h1>' });
  expect((await browser.getJson(path)).json.error.code).toBe('FileDecryptionError');
});

test('digi.me being away gives its own error, on the list as well', async () => {
  pair.sandbox.control.addFault({ route: 'file', times: 9, status: 503 });
  expect((await browser.getJson(path)).json.error.code).toBe('DigimeUnreachable');
  pair.sandbox.control.addFault({ route: 'trigger', times: 9, status: 503 });
  expect((await browser.getJson('/library?again')).json.error.code).toBe('DigimeUnreachable');
});

test('a download that the person breaks off leaves nothing behind', async () => {
  pair.sandbox.control.addFault({
    route: 'file',
    behaviour: 'drip',
    headers: asFile,
    body: 'x'.repeat(9000),
  });
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const abort = AbortSignal.timeout(300);
  await expect(
    fetch(new URL(path, pair.app.baseUrl), { headers: { cookie }, signal: abort }),
  ).rejects.toThrow();
});
