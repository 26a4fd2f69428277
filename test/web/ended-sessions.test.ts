import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/storage/index.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

type FaultRoute = Parameters<Pair['sandbox']['control']['addFault']>[0]['route'];

let pair: Pair;
afterEach(() => pair.close());

const requests = (route: string) =>
  pair.sandbox.control.requests().requests.filter((request) => request.route === route);

test.each<[FaultRoute, (browser: Browser) => Promise<(browser: Browser) => Promise<unknown>>]>([
  [
    'reference',
    async (browser) => {
      const { accounts } = (await browser.getJson('/accounts')).json;
      return () => browser.post(accounts[0].links.reauthorize);
    },
  ],
  ['authorize', async (browser) => () => browser.post('/authorize', { type: 'library' })],
  ['accounts', async (browser) => () => browser.getJson('/accounts')],
])('a session that was ended during the call %s does not come back with it', async (route, prepare) => {
  pair = await startPair();
  const browser = pair.browser();
  await browser.connect();
  const slow = await prepare(browser);
  const twin = browser.twin();
  pair.sandbox.control.clearRequests();
  pair.sandbox.control.addFault({ route, times: 1, delayMs: 2000 });
  const answer = slow(browser);
  await eventually(`the call ${route}`, () => requests(route).length > 0);
  expect((await twin.post('/forget')).json).toEqual({ forgotten: true });
  await answer;
  const database = await openDatabase({ dataDir: join(pair.dataDir, 'app') });
  const sessions = await database('sessions').select('id');
  await database.destroy();
  expect(sessions).toEqual([]);
});

test('a callback that was waiting for digi.me while the visitor let themselves be forgotten makes no connection', async () => {
  pair = await startPair();
  const browser = pair.browser();
  await browser.connect();
  const started = await browser.post('/authorize', { type: 'provider' });
  const callback = await browser.decide(started.headers.get('location') ?? '');
  pair.sandbox.control.clearRequests();
  pair.sandbox.control.addFault({ route: 'token', times: 1, delayMs: 3000 });
  // Open already: what has to happen during the exchange should take no time.
  const database = await openDatabase({ dataDir: join(pair.dataDir, 'app') });
  const returning = browser.twin().get(callback, { accept: 'application/json' });
  await eventually('the exchange', () => requests('token').length > 0);
  // Another process of the same app does not wait for this one's turn.
  await database('sessions').delete();
  await database('connections').delete();
  const answer = await returning;
  const left = await database('connections').select('id');
  const sessions = await database('sessions').select('id');
  await database.destroy();
  expect([answer.status, answer.json.error.code]).toEqual([400, 'SessionLost']);
  expect(left).toEqual([]);
  expect(sessions).toEqual([]);
});

test('verifier, state and session id are in no file of the data folder', async () => {
  pair = await startPair();
  const browser = pair.browser();
  const started = await browser.post('/authorize');
  expect(started.status).toBe(303);
  const claims = requests('authorize').at(-1)?.claims as Record<string, string>;
  const [cookie = ''] = [...browser.cookies().values()];
  const sessionId = decodeURIComponent(cookie).replace(/^s:/, '').split('.')[0] ?? '';
  expect(sessionId.length).toBeGreaterThan(20);
  const folder = join(pair.dataDir, 'app');
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  for (const { name } of files) {
    const bytes = readFileSync(join(folder, name));
    for (const secret of [claims.state ?? '', sessionId, 'codeVerifier', 'authorizations'])
      expect([name, bytes.includes(secret)]).toEqual([name, false]);
  }
});
