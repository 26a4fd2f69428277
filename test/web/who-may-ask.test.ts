import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
let plain: Pair;
beforeAll(async () => {
  plain = await startPair();
});
beforeEach(() => {
  pair = plain;
});
afterEach(async () => {
  if (pair !== plain) await pair.close();
});
afterAll(() => plain.close());

const start = async (env: Record<string, string>) => {
  pair = await startPair({ env });
};

/** A request as it is on the wire: `fetch` would put the path in order and choose the `Host` itself. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: pair.app.port, path, method, headers: { connection: 'close', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject).end();
  });
}

describe('the host that a request names', () => {
  test('may be a name of this machine', async () => {
    for (const host of [
      'localhost',
      'localhost:1',
      '127.0.0.1',
      '127.9.9.9:80',
      '[::1]:8081',
      'a.localhost.',
    ])
      expect([host, (await ask('/', { host })).status]).toEqual([host, 200]);
  });

  test('may be the public one, and is refused when it is anybody else’s, on pages, files and routes alike', async () => {
    await start({ BASE_URL: 'http://push.example:9000' });
    expect((await ask('/', { host: 'push.example:9000' })).status).toBe(200);
    expect((await ask('/', { host: 'PUSH.example' })).status).toBe(200);
    for (const host of [
      'evil.example',
      'push.example.evil.example',
      'localhost.evil.example',
      '192.0.2.1',
      'a@b',
    ])
      for (const path of ['/', '/pushes', '/assets/style.css', '/nowhere'])
        expect([host, path, (await ask(path, { host })).status]).toEqual([host, path, 421]);
    const { text } = await ask('/', { host: 'evil.example', accept: 'application/json' });
    expect(JSON.parse(text).error).toMatchObject({ code: 'HostNotAllowed' });
    expect(text).toContain('push.example:9000');
  });

  test('does not matter to the question whether the process is alive', async () => {
    expect((await ask('/healthz', { host: 'whatever.example' })).status).toBe(200);
  });
});

describe('what operators look at', () => {
  test('is shown to this machine, by address or by a local name', async () => {
    for (const host of ['localhost', '10.0.0.7:8081', 'app:8081'])
      for (const path of ['/metrics', '/readyz', '/readyz/instance'])
        expect([host, path, (await ask(path, { host })).status]).toEqual([host, path, 200]);
  });

  test('is not shown through a proxy that nobody declared, nor under a name that may have been pointed here', async () => {
    for (const path of ['/metrics', '/readyz', '/readyz/instance']) {
      expect((await ask(path, { 'x-forwarded-for': '10.0.0.1' })).status).toBe(403);
      expect((await ask(path, { forwarded: 'for=10.0.0.1' })).status).toBe(403);
      expect((await ask(path, { host: 'evil.example' })).status).toBe(403);
    }
  });

  test('is shown by the address that a declared proxy reports', async () => {
    await start({ TRUST_PROXY: '1' });
    expect((await ask('/metrics', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
    expect((await ask('/metrics', { 'x-forwarded-for': '::ffff:203.0.113.9' })).status).toBe(403);
    expect((await ask('/metrics', { 'x-forwarded-for': '192.168.1.4' })).status).toBe(200);
    expect((await ask('/metrics', { 'x-forwarded-for': 'fd00::1' })).status).toBe(200);
    // What the client itself put in front is not what the proxy reports.
    expect((await ask('/metrics', { 'x-forwarded-for': '10.0.0.1, 203.0.113.9' })).status).toBe(403);
  });

  test('is shown to everybody when the operator says so', async () => {
    await start({ OPERATIONS_ACCESS: 'anywhere' });
    expect(
      (await ask('/metrics', { host: 'metrics.example', 'x-forwarded-for': '203.0.113.9' })).status,
    ).toBe(200);
  });
});

describe('an address that means nothing', () => {
  test.each([
    ['OPTIONS', '*', 400],
    ['GET', '/pushes/%00', 404],
    ['GET', '/pushes/a%00b/events', 404],
    ['GET', '/push?connection=%00', 404],
    ['GET', '/library/%00', 404],
    ['GET', '/pushes/%E0%A4%A', 400],
  ])('%s %s is answered %i', async (method, path, status) => {
    const answer = await ask(path, { accept: 'application/json' }, method);
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([
      status,
      status === 404 ? 'NotFound' : 'InvalidRequest',
    ]);
  });
});
