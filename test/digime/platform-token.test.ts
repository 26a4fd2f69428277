import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import jsonwebtoken from 'jsonwebtoken';
import { type DigiMe, init } from '../../src/digime/index.js';
import { applicationId, contract, LocalPlatform, sendJson } from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl });
});
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await platform.stop();
});

const authorize = () =>
  sdk.getAuthorizeUrl({ contractDetails: contract.details, callback: 'https://a.example/', state: 's' });
const exchange = () =>
  sdk.exchangeCodeForToken({ contractDetails: contract.details, codeVerifier: 'v', authorizationCode: 'c' });
const keySetCalls = () => platform.requests('GET jwks/oauth').length;
const answerToken = (token: unknown) =>
  platform.script('POST oauth/token', (_, response) => sendJson(response, 200, { token }));
const untrusted = { error: { code: 'InvalidPlatformToken' } };

test('One onboarding makes two API calls and fetches the key set once, also when many run at once.', async () => {
  await authorize();
  await exchange();
  expect(platform.seen.map(({ path }) => path)).toEqual(['oauth/authorize', 'jwks/oauth', 'oauth/token']);
  const other = init({ applicationId, baseUrl: platform.baseUrl });
  await Promise.all(
    Array.from({ length: 10 }, () =>
      other.exchangeCodeForToken({
        contractDetails: contract.details,
        codeVerifier: 'v',
        authorizationCode: 'c',
      }),
    ),
  );
  expect(keySetCalls()).toBe(2);
});

test('The authorization URL carries the code, the defaults and the options, and a verifier that fits its challenge.', async () => {
  const { url, codeVerifier } = await sdk.getAuthorizeUrl({
    contractDetails: contract.details,
    callback: 'https://a.example/',
    state: 's',
    serviceId: 9,
    locale: 'nl',
    sourceType: 'push',
  });
  expect(url).toBe(
    'https://api.digi.me/apps/saas/authorize?code=preauth-0123456789abcdefghijkl&sourceType=push&service=9&lng=nl',
  );
  expect(codeVerifier).toMatch(/^[\w-]{43}$/);
  expect(platform.seen[0]?.claims).toMatchObject({
    code_challenge_method: 'S256',
    redirect_uri: 'https://a.example/',
    response_mode: 'query',
    response_type: 'code',
    state: 's',
  });
});

test.each([
  [
    'none',
    (p: LocalPlatform) =>
      jsonwebtoken.sign({ a: 1 }, '', { algorithm: 'none', header: { alg: 'none', kid: p.kid } }),
  ],
  ['HS512 keyed with the public key', (p: LocalPlatform) => hs512(p)],
  [
    'RS512',
    (p: LocalPlatform) =>
      jsonwebtoken.sign(p.issueTokens(), p.signingKey, {
        algorithm: 'RS512',
        header: { alg: 'RS512', kid: p.kid },
      }),
  ],
  [
    'PS256',
    (p: LocalPlatform) =>
      jsonwebtoken.sign(p.issueTokens(), p.signingKey, {
        algorithm: 'PS256',
        header: { alg: 'PS256', kid: p.kid },
      }),
  ],
  [
    'a string payload',
    (p: LocalPlatform) =>
      jsonwebtoken.sign('hello', p.signingKey, { algorithm: 'PS512', header: { alg: 'PS512', kid: p.kid } }),
  ],
  ['no kid', (p: LocalPlatform) => jsonwebtoken.sign(p.issueTokens(), p.signingKey, { algorithm: 'PS512' })],
  ['a critical header field', (p: LocalPlatform) => signedWith(p, { crit: ['x'], x: 1 })],
  ['an expiry in the past', (p: LocalPlatform) => p.signed({ ...p.issueTokens(), exp: 1 })],
  [
    'another key',
    (p: LocalPlatform) =>
      jsonwebtoken.sign(p.issueTokens(), generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, {
        algorithm: 'PS512',
        header: { alg: 'PS512', kid: p.kid },
      }),
  ],
  ['a kid that nobody published', (p: LocalPlatform) => signedWith(p, { kid: 'kid-9' })],
  ['no JWT at all', () => 'abc'],
])('A token of the platform with %s is refused.', async (_, make) => {
  answerToken(make(platform));
  await expect(exchange()).rejects.toMatchObject(untrusted);
});

test('A key set at another address is refused with no request to it.', async () => {
  const visits: string[] = [];
  const stranger = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  closing.push(() => stranger.close());
  const { port } = stranger.address() as AddressInfo;
  const addresses = [
    `http://127.0.0.1:${port}/v1.7/jwks/oauth`,
    `http://127.0.0.1:${platform.port}@127.0.0.1:${port}/v1.7/jwks/oauth`,
    `http://user:pw@127.0.0.1:${platform.port}/v1.7/jwks/oauth`,
    `https://127.0.0.1:${platform.port}/v1.7/jwks/oauth`,
    `http://127.0.0.1:${platform.port}/v1.7/../jwks`,
    `http://127.0.0.1:${platform.port}/v1.7/%2e%2e/jwks`,
    `http://127.0.0.1:${platform.port}/v1.70/jwks/oauth`,
    `http://127.0.0.1.evil.invalid:${platform.port}/v1.7/jwks/oauth`,
    'jwks/oauth',
    7,
  ];
  for (const jku of addresses) {
    answerToken(signedWith(platform, { jku }));
    await expect(exchange()).rejects.toMatchObject(untrusted);
  }
  expect(visits).toEqual([]);
  expect(keySetCalls()).toBe(0);
  platform.script('GET jwks/oauth', (_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
  );
  await expect(exchange()).rejects.toMatchObject({ error: { code: 'RedirectNotFollowed' } });
  expect(visits).toEqual([]);
});

test('A new key is found by fetching again, but a run of unknown ones fetches only once more.', async () => {
  await exchange();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  Object.assign(platform, {
    signingKey: privateKey,
    kid: 'kid-2',
    publishedPem: publicKey.export({ type: 'spki', format: 'pem' }),
  });
  await exchange();
  expect(keySetCalls()).toBe(2);
  for (const kid of ['kid-7', 'kid-8', 'kid-9']) {
    answerToken(signedWith(platform, { kid }));
    await expect(exchange()).rejects.toMatchObject(untrusted);
  }
  expect(keySetCalls()).toBe(2);
});

test('A key that was replaced under the same name is found too.', async () => {
  await exchange();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  Object.assign(platform, {
    signingKey: privateKey,
    publishedPem: publicKey.export({ type: 'spki', format: 'pem' }),
  });
  await exchange();
  expect(keySetCalls()).toBe(2);
});

test('A key set that failed is fetched again by the next call.', async () => {
  platform.script('GET jwks/oauth', (_, response) => response.writeHead(404).end());
  await expect(exchange()).rejects.toMatchObject({ error: { statusCode: 404 } });
  await exchange();
});

test.each([
  [{ access_token: { value: '', expires_on: 5 } }, 'access_token.value'],
  [{ access_token: { value: 'v' } }, 'access_token.expires_on'],
  [{ refresh_token: undefined }, 'refresh_token'],
  [{ refresh_token: { value: 'v', expires_on: 0 } }, 'refresh_token.expires_on'],
])('A token answer that lacks something is refused, never filled up: %j', async (part, named) => {
  platform.tokenPayload = part;
  await expect(exchange()).rejects.toMatchObject({
    error: { code: 'UnexpectedResponse', message: expect.stringContaining(named) },
  });
});

function signedWith(p: LocalPlatform, header: Record<string, unknown>): string {
  p.tokenHeader = header;
  const token = p.signed(p.issueTokens());
  p.tokenHeader = {};
  return token;
}

function hs512(p: LocalPlatform): string {
  const head = Buffer.from(JSON.stringify({ alg: 'HS512', typ: 'JWT', kid: p.kid })).toString('base64url');
  const body = Buffer.from(JSON.stringify(p.issueTokens())).toString('base64url');
  return `${head}.${body}.${createHmac('sha512', p.publishedPem).update(`${head}.${body}`).digest('base64url')}`;
}
