import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { fieldPart, fileMeta, filePart, metaPart, multipart, sendUpload } from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await browser.connect();
});
afterAll(() => pair.close());

const send = (body: Buffer, headers: Record<string, string> = {}) =>
  sendUpload(browser, pair.app.baseUrl, body, { headers });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const arrived = (hash: string) => pair.sandbox.control.library().files.filter((file) => file.sha256 === hash);

describe('a form as it should be', () => {
  const meta = { ...fileMeta, reference: ['visit 7'], tags: ['letter'] };

  test.each([
    ['before', [metaPart(meta), filePart(randomBytes(90_000))]],
    ['after', [filePart(randomBytes(90_000)), metaPart(meta)]],
    ['before a small', [metaPart(meta), filePart('a')]],
    ['after a small', [filePart('b'), metaPart(meta)]],
  ])('is taken in with the description %s the file, and arrives with it', async (_where, parts) => {
    const answer = await send(multipart(parts));
    expect(answer.status).toBe(202);
    expect(answer.headers.location).toBe(`/pushes/${answer.json.id}`);
    const bytes = Buffer.from(parts.find(({ disposition }) => disposition.includes('filename'))?.value ?? '');
    const push = await browser.waitForState(answer.json.id, ['delivered']);
    expect(push).toMatchObject({ size: bytes.length, sha256: sha256(bytes), descriptor: meta });
    expect(arrived(sha256(bytes))).toMatchObject([{ size: bytes.length, count: 1, descriptor: meta }]);
  });

  test('is answered with 303 to the push’s page for a browser', async () => {
    const answer = await send(multipart([metaPart(), filePart('for a browser')]), { accept: 'text/html' });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/pushes\/[0-9a-f-]{36}$/);
  });
});

describe('a file name is data', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system32\\a.dll', 'a.dll'],
    ['a%0D%0ASet-Cookie: stolen=1', 'a__Set-Cookie: stolen=1'],
    ['fee\u202Efdp.exe', 'fee_fdp.exe'],
    ['日本語の手紙.pdf', '日本語の手紙.pdf'],
    ['<img src=x onerror=alert(1)>.txt', '<img src=x onerror=alert(1)>.txt'],
  ])('%j is kept as %j', async (sent, kept) => {
    const answer = await send(multipart([metaPart(), filePart(`content of ${sent}`, sent)]));
    expect(answer.status).toBe(202);
    expect((await browser.getJson(`/pushes/${answer.json.id}`)).json.fileName).toBe(kept);
    const page = await browser.get(`/pushes/${answer.json.id}`, { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('<img src=x');
    expect(page.headers.get('set-cookie') ?? '').not.toContain('stolen');
  });

  test('1,000 characters are cut to 255 with the ending kept', async () => {
    const answer = await send(multipart([metaPart(), filePart('long', `${'é'.repeat(996)}.pdf`)]));
    const { fileName } = (await browser.getJson(`/pushes/${answer.json.id}`)).json;
    expect([...fileName]).toHaveLength(255);
    expect(fileName.endsWith('é.pdf')).toBe(true);
  });

  test('a NUL or a bare line break in it never gets through', async () => {
    for (const name of ['a\0b.txt', 'a\r\nb.txt']) {
      const answer = await send(multipart([metaPart(), filePart('x', name)]));
      if (answer.status === 202)
        expect((await browser.getJson(`/pushes/${answer.json.id}`)).json.fileName).toMatch(/^[^\0\r\n]+$/);
      else expect(answer.status).toBe(400);
    }
  });
});

describe('Idempotency-Key', () => {
  const upload = (key: string, bytes: Buffer | string, meta: unknown = fileMeta) =>
    send(multipart([metaPart(meta), filePart(Buffer.from(bytes))]), { 'idempotency-key': key });

  test.each([10, 90_000])('the same key with the same %d bytes gives the same push', async (size) => {
    const bytes = randomBytes(size);
    const [first, second] = [await upload(`again-${size}`, bytes), await upload(`again-${size}`, bytes)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json.id).toBe(first.json.id);
    await browser.waitForState(first.json.id, ['delivered']);
    const third = await upload(`again-${size}`, bytes);
    expect(third.json).toMatchObject({ id: first.json.id, state: 'delivered' });
    const spooled = () => readdirSync(join(pair.dataDir, 'app', 'spool'));
    await eventually('an empty spool', spooled, (names) => names.length === 0);
    expect(arrived(sha256(bytes))).toMatchObject([{ count: 1 }]);
  });

  test('sent 20 times at once it makes one push', async () => {
    const bytes = randomBytes(90_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => upload('at-once', bytes)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(answers.map(({ json }) => json.id));
    expect(ids.size).toBe(1);
    await browser.waitForState([...ids][0], ['delivered']);
    expect(arrived(sha256(bytes))).toMatchObject([{ count: 1 }]);
  });

  test('other bytes, another description or another name under the same key are 409', async () => {
    await upload('taken', 'the first');
    const answers = [
      await upload('taken', 'the second'),
      await upload('taken', 'the first', { ...fileMeta, tags: ['x'] }),
      await send(multipart([metaPart(), filePart('the first', 'other.bin')]), { 'idempotency-key': 'taken' }),
    ];
    expect(answers.map(({ status, json }) => [status, json.error.code])).toEqual(
      answers.map(() => [409, 'IdempotencyConflict']),
    );
  });

  test('the form’s own field serves as well, and another visitor may use the same key', async () => {
    const body = multipart([fieldPart('idempotencyKey', 'from-the-form'), metaPart(), filePart('form')]);
    const [first, second] = [await send(body), await send(body)];
    expect(second.json.id).toBe(first.json.id);
    const other = pair.browser();
    await other.connect();
    const theirs = await sendUpload(other, pair.app.baseUrl, body);
    expect(theirs.status).toBe(202);
    expect(theirs.json.id).not.toBe(first.json.id);
  });

  test.each(['', ' ', 'x'.repeat(256), 'é'])('%j is no key', async (key) => {
    const answer = await send(
      multipart([fieldPart('idempotencyKey', key || '\u0007'), metaPart(), filePart('no key')]),
    );
    expect([answer.status, answer.json.error.code]).toEqual([400, 'InvalidRequest']);
  });
});

test('another visitor’s push answers exactly like one that does not exist', async () => {
  const { json } = await send(multipart([metaPart(), filePart('mine')]));
  const stranger = pair.browser();
  await stranger.connect();
  const none = '00000000-0000-4000-8000-000000000000';
  for (const way of ['', '/events']) {
    const [theirs, nobodys] = [json.id, none].map((id) => stranger.getJson(`/pushes/${id}${way}`));
    expect((await theirs)?.status).toBe(404);
    expect((await theirs)?.json.error.message).toBe((await nobodys)?.json.error.message);
  }
  for (const way of ['retry', 'cancel']) {
    const [theirs, nobodys] = [json.id, none].map((id) => stranger.post(`/pushes/${id}/${way}`));
    expect((await theirs)?.status).toBe(404);
    expect((await theirs)?.json.error.message).toBe((await nobodys)?.json.error.message);
  }
});
