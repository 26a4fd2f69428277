import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { openDatabase } from '../../src/storage/index.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const ask = () => request(pair.app.baseUrl.replace(/\/$/, ''));

/** An internal error that is real: a table the app needs is gone. */
async function withoutConnections<T>(task: () => Promise<T>): Promise<T> {
  const database = await openDatabase({ dataDir: `${pair.dataDir}/app` });
  try {
    await database.schema.renameTable('connections', 'connections_gone');
    return await task();
  } finally {
    await database.schema.renameTable('connections_gone', 'connections');
    await database.destroy();
  }
}

describe('the security headers', () => {
  const cases: [string, () => request.Test][] = [
    ['the first page', () => ask().get('/')],
    ['a page that does not exist', () => ask().get('/nowhere')],
    ['a refused request', () => ask().post('/authorize').set('Sec-Fetch-Site', 'cross-site')],
    [
      'a body that is too large',
      () =>
        ask()
          .post('/authorize')
          .type('form')
          .send({ type: 'x'.repeat(20_000) }),
    ],
    ['a badly encoded address', () => ask().get('/%E0%A4%A')],
    ['a static file', () => ask().get('/favicon.ico')],
    ['health', () => ask().get('/healthz')],
  ];
  test.each(cases)('are on %s', async (_what, send) => {
    const { headers } = await send();
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).toContain(`form-action 'self' ${new URL(pair.sandbox.url).origin}`);
    expect(policy).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('are on an internal error, which says nothing of its inside', async () => {
    const visitor = pair.browser();
    await visitor.connect();
    const answer = await withoutConnections(() => visitor.getJson('/push'));
    expect([answer.status, answer.json.error.code]).toEqual([500, 'InternalError']);
    expect(answer.text).not.toMatch(/connections|sqlite|select|at /i);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('keep pages out of caches, and addresses with codes out of referrers', async () => {
    expect((await ask().get('/')).headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
    });
    expect((await ask().get('/return')).headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
  });
});

describe('the origin check', () => {
  const own = () => pair.app.baseUrl.replace(/\/$/, '');
  const cases: [string, Record<string, string>, number][] = [
    ['a form of our own page', { 'Sec-Fetch-Site': 'same-origin' }, 303],
    ['a person who typed it', { 'Sec-Fetch-Site': 'none' }, 303],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sibling host', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another site that forges Origin', { 'Sec-Fetch-Site': 'cross-site', Origin: 'own' }, 403],
    ['an old browser on another site', { Origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { Origin: 'null' }, 403],
    ['an old browser on our own page', { Origin: 'own' }, 303],
    ['a script that sends neither', {}, 303],
  ];
  test.each(cases)('%s: %o gets %i', async (_who, headers, status) => {
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value === 'own' ? own() : value]),
    );
    const answer = await ask().post('/authorize').set(sent);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('refuses before the body is read', async () => {
    const answer = await ask()
      .post('/push/library')
      .set('Sec-Fetch-Site', 'cross-site')
      .set('Content-Type', 'multipart/form-data; boundary=x')
      .set('Accept', 'application/json')
      .send('not multipart at all');
    expect([answer.status, answer.body.error.code]).toEqual([403, 'CrossSiteRequest']);
  });

  test('lets anybody read', async () => {
    expect((await ask().get('/').set('Sec-Fetch-Site', 'cross-site')).status).toBe(200);
  });
});

describe('errors', () => {
  test('are JSON with code, message and request id for a script', async () => {
    const answer = await ask().get('/nowhere').set('Accept', 'application/json');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: { code: 'NotFound', message: expect.any(String), requestId: answer.headers['x-request-id'] },
    });
  });

  test('are a page with the same words and a way on for a person, in the person’s language', async () => {
    const english = await ask().get('/nowhere').set('Accept', 'text/html');
    const dutch = await ask().get('/nowhere').set('Accept', 'text/html').set('Accept-Language', 'nl');
    expect(english.text).toMatch(/<html lang="en"/);
    expect(english.text).toContain(String(english.headers['x-request-id']));
    expect(english.text).toMatch(/<a [^>]*href="\/"/);
    expect(dutch.text).toMatch(/<html lang="nl"/);
  });

  test.each([
    ['JSON that is none', 'application/json', '{', 400],
    ['a form of 20 kB', 'application/x-www-form-urlencoded', `type=${'x'.repeat(20_000)}`, 413],
    [
      '1,000 parameters',
      'application/x-www-form-urlencoded',
      Array.from({ length: 1000 }, (_, index) => `a${index}=1`).join('&'),
      413,
    ],
  ])('%s is a 4xx, never a 500', async (_what, type, body, status) => {
    const answer = await ask()
      .post('/authorize')
      .set('Accept', 'application/json')
      .set('Content-Type', type)
      .send(body);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).not.toBe('');
  });

  test('a body with __proto__ pollutes nothing', async () => {
    await ask()
      .post('/authorize')
      .set('Content-Type', 'application/json')
      .send('{"__proto__":{"polluted":true},"type":"library"}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

test('health and readiness are told apart, and metrics name pushes by state', async () => {
  expect((await ask().get('/healthz')).body).toEqual({ status: 'ok' });
  expect((await ask().get('/readyz')).body).toEqual({
    status: 'ready',
    checks: { database: 'ok', spool: 'ok' },
  });
  // One process with its own database and its own folder shares nothing.
  expect((await ask().get('/readyz/instance')).body.checks).toEqual({ database: 'ok', spool: 'ok' });
  const visitor = pair.browser();
  await visitor.connect();
  const { json } = await visitor.upload('counted', {
    mimeType: 'text/plain',
    accounts: [{ accountId: 'me' }],
  });
  await visitor.waitForState(json.id, ['delivered']);
  const { text } = await ask().get('/metrics');
  expect(text).toMatch(/pushes\{state="delivered"\} [1-9]/);
  expect(text).toContain('route="/pushes/:id"');
  expect(text).not.toContain(json.id);
});
