import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/storage/index.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
let browser: Browser;
afterEach(() => pair.close());

async function connect(env: Record<string, string> = {}): Promise<string> {
  pair = await startPair({ env });
  browser = pair.browser();
  return (await browser.connect()).id;
}

const requests = (route: string) =>
  pair.sandbox.control.requests().requests.filter((request) => request.route === route);
const hour = 3600;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function uploadMany(count: number): Promise<{ ids: string[]; hashes: string[] }> {
  const files = Array.from({ length: count }, (_, n) => randomBytes(n % 2 ? 1000 : 100_000));
  const answers = await Promise.all(files.map((bytes) => browser.upload(bytes, fileMeta)));
  expect(answers.map(({ status }) => status)).toEqual(files.map(() => 202));
  return { ids: answers.map(({ json }) => json.id), hashes: files.map(sha256).sort() };
}

async function reauthorize(connection: string): Promise<void> {
  const started = await browser.post('/authorize', { connection });
  expect(started.status).toBe(303);
  const back = await browser.get(await browser.decide(started.headers.get('location') ?? ''), {
    accept: 'application/json',
  });
  expect(back.status).toBe(303);
  expect(back.json.connection.id).toBe(connection);
}

const hashesThere = () =>
  pair.sandbox.control
    .library()
    .files.map((file) => file.sha256)
    .sort();

test('20 pushes with an expired token make exactly one refresh', async () => {
  await connect();
  pair.sandbox.control.advanceClock(2 * hour);
  pair.sandbox.control.clearRequests();
  const { ids, hashes } = await uploadMany(20);
  for (const id of ids) await browser.waitForState(id, ['delivered']);
  expect(requests('token')).toHaveLength(1);
  expect(hashesThere()).toEqual(hashes);
  expect(pair.sandbox.control.library().files.every(({ count }) => count === 1)).toBe(true);
});

test('the new pair is kept before it is used', async () => {
  const id = await connect();
  pair.sandbox.control.advanceClock(2 * hour);
  const { connections } = pair.app;
  const before = (await connections.loadToken(id))?.token.accessToken.value;
  // The refresh goes through; the import that follows it hangs, so the pair has not been used when we look.
  pair.sandbox.control.addFault({ route: 'import', times: 1, status: 401 });
  pair.sandbox.control.addFault({ route: 'import', times: 1, behaviour: 'hang' });
  await browser.upload(randomBytes(100_000), fileMeta);
  await eventually(
    'the repeated import',
    () => requests('import').length,
    (count) => count === 2,
  );
  const kept = (await connections.loadToken(id))?.token.accessToken.value;
  expect(kept).not.toBe(before);
  const used = requests('import')[1]?.claims?.access_token;
  expect(used).toBe(kept);
});

test('401 again after the refresh: the push waits, keeps its payload, and goes on after reauthorization', async () => {
  const connection = await connect();
  pair.sandbox.control.addFault({ route: 'import', times: 2, status: 401 });
  const { ids, hashes } = await uploadMany(1);
  const waiting = await browser.waitForState(ids[0] ?? '', ['needs-reauthorization']);
  expect(waiting.links.reauthorize).toBe('/authorize');
  expect(waiting.lastError.code).toBe('InvalidToken');
  await reauthorize(connection);
  await browser.waitForState(ids[0] ?? '', ['delivered']);
  expect(hashesThere()).toEqual(hashes);
});

test('a refused refresh holds back all pushes, one refusal for all of them; reauthorized, everything is delivered', async () => {
  const connection = await connect();
  // Beyond the life of the refresh token.
  pair.sandbox.control.advanceClock(31 * 24 * hour);
  pair.sandbox.control.clearRequests();
  const { ids, hashes } = await uploadMany(12);
  for (const id of ids) await browser.waitForState(id, ['needs-reauthorization']);
  expect((await browser.getJson(`/push?connection=${connection}`)).json.connection.state).toBe(
    'needs-reauthorization',
  );
  const later = await uploadMany(3);
  expect((await browser.getJson(`/pushes/${later.ids[0]}`)).json.state).toBe('needs-reauthorization');
  const page = await browser.get(`/pushes/${ids[0]}`, { accept: 'text/html' });
  expect(page.text).toMatch(/action="\/authorize"/);
  expect(hashesThere()).toEqual([]);
  await reauthorize(connection);
  for (const id of [...ids, ...later.ids]) await browser.waitForState(id, ['delivered']);
  expect(hashesThere()).toEqual([...hashes, ...later.hashes].sort());
  expect(pair.sandbox.control.library().files.every(({ count }) => count === 1)).toBe(true);
});

test('a push that waits although its connection works goes on by itself', async () => {
  const connection = await connect({ PUSH_LEASE_SECONDS: '1' });
  pair.sandbox.control.addFault({ route: 'import', times: 4, status: 401 });
  const first = await uploadMany(1);
  await browser.waitForState(first.ids[0] ?? '', ['needs-reauthorization']);
  // What a process leaves behind that dies between the new token and letting the pushes go on.
  const { connections } = pair.app;
  const stored = await connections.loadToken(connection);
  if (stored === undefined) throw new Error('the connection has no token');
  pair.sandbox.control.clearFaults();
  await connections.renew(connection, stored.token);
  await browser.waitForState(first.ids[0] ?? '', ['delivered']);
});

test('a waiting push can be cancelled, and then nothing of it is kept or sent', async () => {
  const connection = await connect();
  pair.sandbox.control.addFault({ route: 'import', times: 2, status: 401 });
  const { ids } = await uploadMany(1);
  const waiting = await browser.waitForState(ids[0] ?? '', ['needs-reauthorization']);
  expect((await browser.post(waiting.links.cancel)).status).toBe(303);
  await reauthorize(connection);
  const after = await uploadMany(1);
  await browser.waitForState(after.ids[0] ?? '', ['delivered']);
  expect((await browser.getJson(`/pushes/${ids[0]}`)).json.state).toBe('cancelled');
  expect(hashesThere()).toEqual(after.hashes);
});

test('a refreshed pair survives a database that is locked at that moment', async () => {
  await connect();
  pair.sandbox.control.advanceClock(2 * hour);
  pair.sandbox.control.clearRequests();
  pair.sandbox.control.addFault({ route: 'token', times: 1, delayMs: 3000 });
  const other = await openDatabase({ dataDir: join(pair.dataDir, 'app') });
  const { json } = await browser.upload(randomBytes(1000), fileMeta);
  // The lease is taken and the refresh on its way: what is locked out is the new pair.
  await eventually('the refresh', () => requests('token').length === 1);
  await other.raw('begin immediate');
  expect(requests('token')[0]?.status).toBeNull();
  await eventually('its answer', () => requests('token')[0]?.status === 200);
  // Long enough for the first tries to save the pair to meet the lock.
  await sleep(1500);
  await other.raw('rollback');
  await other.destroy();
  await browser.waitForState(json.id, ['delivered']);
  expect(requests('token')).toHaveLength(1);
});

test('a refusal that arrives after the person has authorized again does not ask them once more', async () => {
  const id = await connect();
  pair.sandbox.control.addFault({ route: 'import', times: 2, status: 401, delayMs: 800 });
  const { json } = await browser.upload(randomBytes(1000), fileMeta);
  await reauthorize(id);
  await browser.waitForState(json.id, ['delivered']);
  const { connections } = (await browser.getJson('/')).json;
  expect(connections[0].state).toBe('active');
});
