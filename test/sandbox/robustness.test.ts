import { request } from 'node:http';
import { beforeAll, expect, test } from '@jest/globals';
import { type Connection, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let reader: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  reader = new SigningClient(running.sandbox, 'read');
  connection = await client.connect();
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** A request with whatever path and headers, which `fetch` would mend; gives the status. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = running.sandbox;
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end(body);
  });
}

test.each([
  ['/v1.7/permission-access/query/%zz'],
  ['/v1.7/permission-access/query/%C3%28/x'],
  ['/v1.7/permission-access/contract/%E0%A4%A/x'],
  ['/v1.7/clouds/%zz/files/a'],
  ['/v1.7/%00'],
  ['/apps/saas/%zz'],
  ['/apps/saas/assets/source-%zz.svg'],
  ['/sandbox/%zz'],
  ['/%zz'],
  [`/apps/saas/authorize?code=${'x'.repeat(20_000)}`],
  [`/apps/saas/authorize?code[a]=1&code=2&lng[]=nl&__proto__=x&constructor=y`],
  [`/apps/saas/authorize?lng=${encodeURIComponent('\u{1F600}'.repeat(500))}`],
])('an odd address is refused, never failed at: %s', async (path) => {
  const status = await send('GET', path);
  expect([400, 401, 404]).toContain(status);
});

test.each([100, 10_000])('JSON that is nested %i levels deep is answered everywhere', async (levels) => {
  const tokens = [
    `${encode(`{"alg":"PS512","x":${deep(levels)}}`)}.${encode('{}')}.x`,
    `${encode('{"alg":"PS512"}')}.${encode(`{"client_id":"a_b","x":${deep(levels)}}`)}.x`,
    `${encode('{"alg":"PS512"}')}.${encode('null')}.x`,
  ];
  for (const token of tokens) {
    const headers = { authorization: `Bearer ${token}`, filedescriptor: token };
    expect(await send('POST', '/v1.7/permission-access/import', headers)).toBe(401);
  }
  const body = `{"agent":${deep(levels)}}`;
  const answer = await client.send('POST', 'oauth/authorize', { body });
  expect([400, 403]).toContain(answer.status);
  expect(await send('POST', '/sandbox/faults', {}, `{"route":"token","body":${deep(levels)}}`)).toBe(
    levels < 100 ? 201 : 400,
  );
  const scope = encodeURIComponent(deep(levels)).slice(0, 8000);
  const { code } = await reader.authorize();
  expect(await send('GET', `/apps/saas/authorize?code=${code}&sourcesScope=${scope}`)).toBe(200);
  expect(await send('GET', '/sandbox/requests')).toBe(200);
  expect(await send('GET', '/sandbox/faults')).toBe(200);
});

test('long words, lone surrogates and odd types in claims and bodies are answered with a 4xx', async () => {
  const odd: Json[] = [
    { redirect_uri: 'x'.repeat(20_000) },
    { redirect_uri: { a: 1 } },
    { state: ['a'] },
    { state: { toString: 1 } },
    { access_token: 'x'.repeat(20_000) },
    { access_token: '__proto__' },
    { nonce: { length: 20 } },
    { timestamp: 1e308 },
    { code_challenge: '\ud800'.repeat(43) },
  ];
  for (const claims of odd) {
    const { answer } = await client.authorize(claims);
    expect([answer.status >= 400 && answer.status < 500, JSON.stringify(claims).slice(0, 60)]).toEqual([
      true,
      JSON.stringify(claims).slice(0, 60),
    ]);
  }
  const queries: Json[] = [
    { query: { search: { name: [{ a: 1 }, null] } } },
    { query: { filter: { name: { toString: 1 } } } },
    { sort: { constructor: 'asc', __proto__: 'desc' } },
    { query: { search: 'x'.repeat(500_000) } },
  ];
  for (const body of queries) {
    const { status } = await reader.send('POST', 'discovery/sources', { body });
    expect([200, 400]).toContain(status);
  }
});

test('a state with a lone surrogate comes back without breaking the redirect', async () => {
  const { answer, code } = await client.authorize({ state: 'a\ud800b' });
  expect(answer.status).toBe(200);
  expect((await client.decide(code)).callback?.searchParams.get('success')).toBe('true');
});

test('a new control route keeps to this machine, too', async () => {
  for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }] as Record<
    string,
    string
  >[]) {
    expect(await send('POST', '/sandbox/callbacks', headers, '{"redirectUri":"evil://x"}')).toBe(403);
    expect(await send('GET', '/sandbox/library', { ...headers, accept: 'text/html' })).toBe(403);
  }
  expect(running.sandbox.control.callbacks().redirectUris).not.toContain('evil://x');
  expect(connection.userId).not.toBe('');
});
