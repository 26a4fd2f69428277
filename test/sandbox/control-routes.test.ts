import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Request, Response } from 'express';
import { localOnly } from '../../src/sandbox/control/local-only.js';
import { SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
afterEach(() => void running.sandbox.control.clearFaults());

interface Plain {
  status: number | undefined;
  json: Record<string, unknown>;
}

/** A request whose Host and Origin can be anything, as `fetch` would not have it. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Plain> {
  return new Promise((resolve, reject) => {
    const read = (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, json: text.startsWith('{') ? JSON.parse(text) : {} }),
      );
    };
    const { port } = running.sandbox;
    const sent = request({ host: '127.0.0.1', port, path: `/sandbox${path}`, method, headers }, read);
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('the credentials are all that a client needs', async () => {
  const { status, json } = await ask('GET', '/credentials');
  expect(status).toBe(200);
  expect(json).toEqual(running.sandbox.credentials());
  const { port } = running.sandbox;
  expect(json).toMatchObject({
    applicationId: expect.stringMatching(/^sandbox-/),
    baseUrl: `http://localhost:${port}/v1.7/`,
    onboardUrl: `http://localhost:${port}/apps/saas/`,
    jwksUrl: `http://localhost:${port}/v1.7/jwks/oauth`,
  });
  const { contracts, sources } = running.sandbox.credentials();
  expect(contracts.map(({ role, accessType }) => [role, accessType])).toEqual([
    ['write', 'w'],
    ['provider', 'w'],
    ['read', 'r'],
    ['refused', 'w'],
  ]);
  for (const { privateKey } of contracts) expect(privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  expect(sources.filter(({ medmij }) => medmij).length).toBeGreaterThan(3);
});

test('what the routes answer is what the methods give', async () => {
  const { control } = running.sandbox;
  const added = await ask('POST', '/faults', {}, { route: 'jwks', times: 3, status: 500 });
  expect(added.status).toBe(201);
  expect(added.json).toEqual({ fault: control.faults().faults[0], ...control.faults() });
  expect((await ask('GET', '/faults')).json).toEqual(control.faults());
  expect(control.faults().faults).toEqual([{ id: 1, route: 'jwks', times: 3, remaining: 3, status: 500 }]);
  expect((await ask('DELETE', '/faults')).json).toEqual({ faults: [] });

  const before = control.clock();
  expect((await ask('POST', '/clock', {}, { advanceSeconds: 60 })).json.advancedSeconds).toBe(
    before.advancedSeconds + 60,
  );
  expect(control.clock().now).toBeGreaterThanOrEqual(before.now + 60_000);

  await new SigningClient(running.sandbox, 'write').connect();
  const { requests } = control.requests();
  expect((await ask('GET', '/requests')).json).toEqual({ requests });
  expect(requests.map(({ route }) => route)).toEqual(['authorize', 'token']);
  expect(requests[0]).toMatchObject({
    method: 'POST',
    path: '/v1.7/oauth/authorize',
    status: 200,
    headers: { authorization: { alg: 'PS512', typ: 'JWT' }, 'content-type': 'application/json' },
    claims: { state: 'state-1', nonce: expect.any(String) },
    body: { size: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect((await ask('GET', '/library')).json).toEqual(control.library());
  expect((await ask('GET', '/provider')).json).toEqual(control.provider());
  expect((await ask('DELETE', '/requests')).json).toEqual({ requests: [] });
});

test.each([
  ['/faults', { route: 'nowhere', times: 1 }, /route/],
  ['/faults', { route: 'token', times: 0 }, /times/],
  ['/faults', { route: 'token', behavior: 'hang' }, /behavior/],
  ['/clock', { advanceSeconds: -1 }, /advanceSeconds/],
  ['/clock', {}, /advanceSeconds/],
])('what is none is refused: %s %j', async (path, body, message) => {
  const before = {
    faults: running.sandbox.control.faults(),
    seconds: running.sandbox.control.clock().advancedSeconds,
  };
  const { status, json } = await ask('POST', path, {}, body);
  expect(status).toBe(400);
  expect(json).toMatchObject({ error: { code: 'InvalidRequest', message: expect.stringMatching(message) } });
  const { control } = running.sandbox;
  expect({ faults: control.faults(), seconds: control.clock().advancedSeconds }).toEqual(before);
});

describe('the control routes are refused', () => {
  test.each<[string, Record<string, string>]>([
    ['to a name that was rebound to this machine', { host: 'evil.example' }],
    ['to a name that only begins like this machine’s', { host: 'localhost.evil.example' }],
    ['to a page of another origin', { origin: 'https://evil.example' }],
    ['to a page of another port', { origin: 'http://localhost:8081' }],
    ['to a page without an origin', { origin: 'null' }],
    ['to another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['to another port of this site', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('%s', async (_name, headers) => {
    for (const path of ['/credentials', '/requests', '/library', '/faults']) {
      const { status, json } = await ask('GET', path, headers);
      expect({ status, json }).toEqual({
        status: 403,
        json: { error: { code: 'Forbidden', message: expect.any(String) } },
      });
    }
    expect((await ask('POST', '/faults', headers, { route: 'token', times: 1 })).status).toBe(403);
    expect((await ask('GET', '', headers)).status).toBe(403);
    expect(running.sandbox.control.faults().faults).toEqual([]);
  });

  test('to a form of another site that navigates here', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask('POST', '/faults', headers, { route: 'token', times: 1 })).status).toBe(403);
    expect((await ask('GET', '', headers)).status).toBe(200);
  });

  test.each([
    ['192.0.2.7', 403],
    ['::ffff:192.0.2.7', 403],
    ['fe80::1', 403],
    ['::1', 'next'],
    ['::ffff:127.0.0.1', 'next'],
    ['127.8.9.1', 'next'],
  ])('unless the peer is this machine, whatever it claims in headers: %s', (remoteAddress, expected) => {
    const headers = { host: 'localhost:8082', 'x-forwarded-for': '127.0.0.1' };
    let outcome: unknown;
    const response = { status: (code: number) => ({ json: () => (outcome = code) }) };
    const next = () => (outcome = 'next');
    const from = { socket: { remoteAddress }, headers, method: 'GET' };
    localOnly(from as unknown as Request, response as unknown as Response, next);
    expect(outcome).toBe(expected);
  });
});
