import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import {
  boundary,
  fileMeta,
  filePart,
  metaPart,
  multipart,
  openUpload,
  sendUpload,
} from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
let browser: Browser;
afterEach(() => pair.close());

async function start(env: Record<string, string>): Promise<void> {
  pair = await startPair({ env });
  browser = pair.browser();
  await browser.connect();
}

/** A place becomes free when its connection is over, which may be after the answer. */
const noneUnderWay = () =>
  eventually(
    'no upload under way',
    () => pair.app.pushService.guard.inProgress,
    (count) => count === 0,
  );
const spooled = () => readdirSync(join(pair.dataDir, 'app', 'spool'));
const form = (bytes: Buffer) => multipart([metaPart(), filePart(bytes)]);
/** The beginning of a form, up to the first bytes of the file. */
const head = (bytes: Buffer) => form(bytes).subarray(0, -boundary.length - 8);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const send = (body: Buffer, chunked = false) => sendUpload(browser, pair.app.baseUrl, body, { chunked });

/** Files of the spool that this process holds open. */
const openFiles = () =>
  readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).includes(join(pair.dataDir, 'app', 'spool'));
    } catch {
      return false;
    }
  });

test.each([65_536, 200_000])(
  'with a limit of %d bytes exactly that many pass, and not one more',
  async (limit) => {
    await start({ MAX_UPLOAD_BYTES: String(limit) });
    for (const chunked of [false, true]) {
      const exact = randomBytes(limit);
      const accepted = await send(form(exact), chunked);
      expect(accepted.status).toBe(202);
      const push = await browser.waitForState(accepted.json.id, ['delivered']);
      expect(push).toMatchObject({ size: limit, sha256: sha256(exact) });
      const refused = await send(form(randomBytes(limit + 1)), chunked);
      expect(refused.status).toBe(413);
      expect(refused.json.error.code).toBe('FileTooLarge');
    }
    await eventually('an empty spool', spooled, (names) => names.length === 0);
    const sizes = pair.sandbox.control.library().files.map(({ size }) => size);
    expect(sizes).toEqual([limit, limit]);
  },
);

test('a length far beyond the limit is refused before a byte of the body is sent', async () => {
  await start({ MAX_UPLOAD_BYTES: '1000' });
  const { outgoing, answer } = openUpload(browser, pair.app.baseUrl, { 'content-length': 10_000_000_000 });
  outgoing.flushHeaders();
  expect((await answer).status).toBe(413);
  outgoing.destroy();
});

test.each([
  ['that is too large', (): Buffer => head(Buffer.alloc(3000)), 413],
  [
    'with a second file',
    (): Buffer =>
      Buffer.concat([
        form(Buffer.from('a')).subarray(0, -4),
        Buffer.from(`\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\n`),
      ]),
    422,
  ],
])(
  'a form without end %s is answered while it is still coming, and then cut',
  async (_what, begin, status) => {
    await start({ MAX_UPLOAD_BYTES: '2000' });
    const { outgoing, answer } = openUpload(browser, pair.app.baseUrl);
    const closed = new Promise((resolve) => outgoing.once('close', resolve));
    outgoing.write(begin());
    const more = setInterval(() => outgoing.write(Buffer.alloc(10_000)), 20);
    expect((await answer).status).toBe(status);
    await closed;
    clearInterval(more);
    await noneUnderWay();
  },
);

test('a client that drips gets 408, and its place is free again', async () => {
  await start({ UPLOAD_IDLE_TIMEOUT_SECONDS: '1', MAX_CONCURRENT_UPLOADS: '1' });
  const { outgoing, answer } = openUpload(browser, pair.app.baseUrl);
  outgoing.write(head(randomBytes(100_000)));
  const drip = setInterval(() => outgoing.write('x'), 100);
  const { status, json } = await answer;
  clearInterval(drip);
  expect([status, json.error.code]).toEqual([408, 'UploadTimeout']);
  outgoing.destroy();
  await eventually('an empty spool', spooled, (names) => names.length === 0);
  await noneUnderWay();
  expect((await send(form(Buffer.from('hello')))).status).toBe(202);
});

test('100 aborted uploads leave no file and no descriptor open', async () => {
  await start({ MAX_CONCURRENT_UPLOADS: '200' });
  const whole = multipart([filePart(randomBytes(300_000)), metaPart()]);
  await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const { outgoing, answer } = openUpload(browser, pair.app.baseUrl, { 'content-length': whole.length });
      // From the part's header over every stage of the file to the last byte before the end.
      outgoing.write(whole.subarray(0, Math.floor((whole.length - 1) * ((n + 1) / 100))));
      await sleep((n % 10) * 7);
      outgoing.destroy();
      await answer.catch(() => {});
    }),
  );
  await noneUnderWay();
  await eventually('an empty spool', spooled, (names) => names.length === 0);
  await eventually('no open files', openFiles, (names) => names.length === 0);
  expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
});

test('100 uploads of 1 MiB at once arrive intact', async () => {
  await start({});
  const files = Array.from({ length: 100 }, () => randomBytes(2 ** 20));
  const answers = await Promise.all(files.map((bytes) => send(form(bytes))));
  expect(answers.map(({ status }) => status)).toEqual(files.map(() => 202));
  for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
  const arrived = pair.sandbox.control.library().files;
  expect(arrived.map((file) => file.sha256).sort()).toEqual(files.map(sha256).sort());
  expect(arrived.every(({ count }) => count === 1)).toBe(true);
}, 180_000);

test('what exceeds the configured number of uploads gets 503 with Retry-After, the others go on', async () => {
  await start({ MAX_CONCURRENT_UPLOADS: '3' });
  const whole = form(randomBytes(100_000));
  const running = [1, 2, 3].map(() => {
    const upload = openUpload(browser, pair.app.baseUrl, { 'content-length': whole.length });
    upload.outgoing.write(whole.subarray(0, 50_000));
    return upload;
  });
  await eventually(
    'three uploads under way',
    () => pair.app.pushService.guard.inProgress,
    (count) => count === 3,
  );
  const refused = await send(whole);
  expect([refused.status, refused.json.error.code]).toEqual([503, 'TooManyUploads']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  for (const { outgoing } of running) outgoing.end(whole.subarray(50_000));
  expect((await Promise.all(running.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([
    202, 202, 202,
  ]);
});

test('a visitor’s quota is 413, everybody’s together 507, and what is delivered or given up counts no more', async () => {
  await start({ VISITOR_QUOTA_BYTES: '500000', TOTAL_QUOTA_BYTES: '700000', MAX_UPLOAD_BYTES: '400000' });
  pair.sandbox.control.addFault({ route: 'import', times: 1, status: 400 });
  const first = await send(form(randomBytes(300_000)));
  await browser.waitForState(first.json.id, ['failed']);
  const tooMuch = await send(form(randomBytes(300_000)));
  expect([tooMuch.status, tooMuch.json.error.code]).toEqual([413, 'QuotaExceeded']);
  const other = pair.browser();
  await other.connect();
  pair.sandbox.control.addFault({ route: 'import', times: 1, status: 400 });
  const second = await other.upload(randomBytes(300_000), fileMeta);
  await other.waitForState(second.json.id, ['failed']);
  const third = pair.browser();
  await third.connect();
  const full = await third.upload(randomBytes(200_000), fileMeta);
  expect([full.status, full.json.error.code]).toEqual([507, 'StorageFull']);
  expect(full.headers.get('retry-after')).not.toBeNull();
  expect((await other.post(`/pushes/${second.json.id}/cancel`)).status).toBe(303);
  expect((await third.upload(randomBytes(200_000), fileMeta)).status).toBe(202);
});
