import { createConnection } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/storage/index.js';
import { type Pair, type PairOptions, startPair } from '../support/start-pair.js';

let pair: Pair;
const start = async (options?: PairOptions) => {
  pair = await startPair(options);
  return pair;
};
afterEach(() => pair.close());

const day = 24 * 3_600_000;

describe('the session cookie', () => {
  test('is HttpOnly, Lax and for the whole site, and on plain http has no prefix', async () => {
    await start();
    const [cookie = ''] = (await pair.browser().post('/authorize')).headers.getSetCookie();
    expect(cookie).toMatch(/^digime-push=/);
    expect(cookie).toMatch(/; Path=\//);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Lax');
    expect(cookie).not.toContain('Secure');
  });

  test('is __Host- prefixed and Secure behind TLS', async () => {
    await start({
      env: { BASE_URL: 'https://app.example', TRUST_PROXY: '1' },
      sandbox: { callbacks: ['https://app.example/return'] },
    });
    const answer = await fetch(`http://localhost:${pair.app.port}/authorize`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'X-Forwarded-Proto': 'https' },
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-digime-push=/);
    expect(cookie).toContain('; Secure');
    expect(answer.headers.get('strict-transport-security')).toContain('max-age=31536000');
  });

  test('is not set for who only looks', async () => {
    await start();
    expect((await pair.browser().get('/')).headers.getSetCookie()).toEqual([]);
  });

  test('with an id from outside is not adopted', async () => {
    await start();
    const forged = 'digime-push=s%3Achosen-by-an-attacker.AAAA';
    const [cookie = ''] = (
      await pair.browser().post('/authorize', {}, { cookie: forged })
    ).headers.getSetCookie();
    expect(cookie).toMatch(/^digime-push=/);
    expect(cookie).not.toContain('chosen-by-an-attacker');
  });
});

describe('a session', () => {
  test.each([
    ['8 days without a visit', 8 * day, 1],
    ['31 days, however often it was used', 6 * day, 6],
  ])('ends after %s', async (_what, stepMs, steps) => {
    let stepped = 0;
    await start({ now: () => Date.now() + stepped });
    const visitor = pair.browser();
    await visitor.connect();
    for (let step = 0; step < steps; step++) {
      stepped += stepMs;
      await visitor.get('/');
    }
    expect((await visitor.getJson('/')).json.connections).toEqual([]);
  });

  test('is not there when its store is down: 503, and nothing is processed', async () => {
    await start();
    const visitor = pair.browser();
    await visitor.connect();
    pair.sandbox.control.clearRequests();
    const database = await openDatabase({ dataDir: `${pair.dataDir}/app` });
    await database.schema.renameTable('sessions', 'sessions_gone');
    const answer = await visitor.post('/authorize');
    await database.schema.renameTable('sessions_gone', 'sessions');
    await database.destroy();
    expect([answer.status, answer.json.error.code]).toEqual([503, 'StorageUnavailable']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(pair.sandbox.control.requests().requests.filter(({ route }) => route === 'authorize')).toEqual([]);
    expect((await visitor.getJson('/push')).status).toBe(200);
  });
});

describe('rate limits', () => {
  const starts = {
    RATE_LIMIT_STARTS_PER_MINUTE: '3',
    RATE_LIMIT_CALLBACKS_PER_MINUTE: '2',
    RATE_LIMIT_UPLOADS_PER_MINUTE: '2',
  };

  test('answer 429 with Retry-After, and a forged X-Forwarded-For does not help', async () => {
    await start({ env: starts });
    const statuses = [];
    let last: Awaited<ReturnType<ReturnType<Pair['browser']>['post']>> | undefined;
    for (let count = 0; count < 5; count++) {
      last = await pair
        .browser()
        .post('/authorize', {}, { accept: 'application/json', 'X-Forwarded-For': `10.0.0.${count}` });
      statuses.push(last.status);
    }
    expect(statuses).toEqual([303, 303, 303, 429, 429]);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last?.json.error.code).toBe('TooManyRequests');
  });

  test('hold for one visitor whatever address the requests come from', async () => {
    await start({ env: { ...starts, TRUST_PROXY: '1' } });
    const visitor = pair.browser();
    const statuses = [];
    for (let count = 0; count < 5; count++) {
      const headers = { accept: 'application/json', 'X-Forwarded-For': `203.0.113.${count}` };
      statuses.push((await visitor.post('/authorize', {}, headers)).status);
    }
    // The first request makes the visitor.
    expect(statuses).toEqual([303, 303, 303, 303, 429]);
  });

  test('hold for callbacks and uploads too', async () => {
    await start({ env: starts });
    const visitor = pair.browser();
    await visitor.connect();
    await visitor.get('/return');
    expect((await visitor.get('/return')).status).toBe(429);
    const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
    await visitor.upload('1', meta);
    await visitor.upload('2', meta);
    expect((await visitor.upload('3', meta)).status).toBe(429);
  });
});

test('requests that are not HTTP get an answer and do not disturb the app', async () => {
  await start();
  const socket = createConnection(pair.app.port, '127.0.0.1');
  const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
  socket.write('GARBAGE\r\n\r\n');
  expect(await answered).toMatch(/^HTTP\/1\.1 400/);
  socket.destroy();
  expect((await pair.browser().get('/healthz')).status).toBe(200);
});
