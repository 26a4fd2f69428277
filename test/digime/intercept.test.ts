import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type DigiMe,
  type Exchange,
  type InterceptedRequest,
  type Interceptor,
  init,
  type RequestPatch,
} from '../../src/digime/index.js';
import { applicationId, contract, firstToken, LocalPlatform } from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;
let exchanges: Exchange[];

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  exchanges = [];
  sdk = init({
    applicationId,
    baseUrl: platform.baseUrl,
    onExchange: (exchange) => exchanges.push(exchange),
  });
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const data = {
  fileData: Buffer.from('hello'),
  fileName: 'a.txt',
  fileDescriptor: { mimeType: 'text/plain', accounts: [{ accountId: 'a' }] },
};
const patching =
  (patch: RequestPatch): Interceptor =>
  (request) =>
    request.send(patch);
const authorize = (intercept: Interceptor) =>
  sdk.getAuthorizeUrl({
    contractDetails: contract.details,
    callback: 'https://a.example/',
    state: 'state-0123456789-abcdefghijkl',
    intercept,
  });

test('an interceptor sees a request before it is made, with its secrets masked', async () => {
  const seen: InterceptedRequest[] = [];
  const watch: Interceptor = (request) => {
    seen.push(request as InterceptedRequest);
    expect(platform.requests('POST permission-access/import')).toHaveLength(0);
    return request.send();
  };
  await sdk.pushData({ type: 'library', ...user, data, intercept: watch });
  expect(seen.map(({ call, shown }) => [call, shown.method, shown.path])).toEqual([
    ['pushData', 'POST', 'permission-access/import'],
  ]);
  expect(seen[0]?.shown.fileDescriptor).toEqual(data.fileDescriptor);
  expect(JSON.stringify(seen[0]?.shown)).not.toContain(user.userAccessToken.accessToken.value);
  expect(await seen[0]?.openContent?.()).toMatchObject({ sizeBytes: 5 });
});

test('claims, headers, the descriptor, the path and the body are sent as patched, signed with the contract’s key', async () => {
  const fileDescriptor = { ...data.fileDescriptor, mimeType: 'text/csv' };
  await sdk.pushData({
    type: 'library',
    ...user,
    data,
    intercept: patching({
      claims: { extra: 'more' },
      headers: { 'X-Added': 'yes', Accept: null },
      fileDescriptor,
      body: Buffer.from('goodbye'),
    }),
  });
  const [sent] = platform.requests('POST permission-access/import');
  expect(sent?.claims).toMatchObject({ extra: 'more', access_token: user.userAccessToken.accessToken.value });
  expect(sent?.headers).toMatchObject({ 'x-added': 'yes', 'content-length': '7' });
  expect(sent?.headers.accept).toBeUndefined();
  expect(sent?.body.toString()).toBe('goodbye');
  expect(exchanges[0]?.request).toMatchObject({ fileDescriptor, claims: { extra: 'more' }, bodyBytes: 7 });
});

test('a claim set to null is left out, and a refusal can be put right by sending again with a nonce of its own', async () => {
  const codes: string[] = [];
  await authorize(async (request) => {
    await request
      .send({ claims: { client_id: null } })
      .catch((error: { error: { code: string } }) => codes.push(error.error.code));
    return request.send();
  });
  const [refused, accepted] = platform.requests('POST oauth/authorize');
  expect(codes).toEqual(['InvalidClient']);
  expect(refused?.headers.authorization).not.toBe(accepted?.headers.authorization);
  expect(accepted?.claims.nonce).not.toBe(exchanges[0]?.request.claims?.nonce);
  expect(exchanges.map(({ call, attempt, error }) => [call, attempt, error?.code])).toEqual([
    ['getAuthorizeUrl', 1, 'InvalidClient'],
    ['getAuthorizeUrl', 2, undefined],
    ['jwks', 1, undefined],
  ]);
});

test('a refusal that the interceptor passes on is the call’s own', async () => {
  await expect(authorize(patching({ claims: { client_id: 'nobody' } }))).rejects.toMatchObject({
    error: { code: 'InvalidClient', statusCode: 401 },
  });
});

test('an interceptor that lets nothing go ends the call before anything was sent', async () => {
  const withheld = authorize(() => Promise.reject(new Error('nobody decided')));
  await expect(withheld).rejects.toMatchObject({
    error: { code: 'RequestWithheld', message: 'nobody decided', statusCode: 0 },
  });
  expect(platform.seen).toHaveLength(0);
});

test.each(['../../sandbox/credentials', '%2e%2e/apps/', 'a/../../b'])(
  'a path that leads out of the API (%s) goes nowhere',
  async (path) => {
    await expect(authorize(patching({ path }))).rejects.toMatchObject({ error: { code: 'RequestWithheld' } });
    expect(platform.seen).toHaveLength(0);
  },
);

test('a path that looks like another host is a path all the same', async () => {
  for (const path of ['https://elsewhere.example/', '//elsewhere.example/'])
    await expect(authorize(patching({ path }))).rejects.toMatchObject({ error: { code: 'NotFound' } });
  expect(platform.seen).toHaveLength(2);
});

test('a call that is held ends when its caller ends it', async () => {
  const stop = new AbortController();
  const held = sdk.readAccounts({
    ...user,
    signal: stop.signal,
    intercept: () => new Promise(() => undefined),
  });
  stop.abort();
  await expect(held).rejects.toMatchObject({ error: { code: 'Aborted' } });
});

test('a request can be signed without being sent, and sent again after its call is over', async () => {
  let kept: InterceptedRequest | undefined;
  await sdk.pushData({
    type: 'library',
    ...user,
    data,
    intercept: (request) => {
      kept = request as InterceptedRequest;
      return request.send();
    },
  });
  const signed = await kept?.sign();
  expect(platform.requests('POST permission-access/import')).toHaveLength(1);
  const answer = await fetch(signed?.url ?? '', {
    method: signed?.method ?? '',
    headers: signed?.headers ?? {},
    body: signed?.body?.content as Buffer<ArrayBuffer>,
  });
  expect(answer.ok).toBe(true);
  await kept?.send();
  const sent = platform.requests('POST permission-access/import');
  expect(new Set(sent.map(({ claims }) => claims.nonce)).size).toBe(3);
});

test('the refresh that a call needs is intercepted as well, the platform’s keys are not', async () => {
  platform.validAccessTokens.clear();
  const calls: string[] = [];
  await sdk.readAccounts({
    ...user,
    intercept: (request) => {
      calls.push(request.call);
      return request.send();
    },
  });
  expect(calls).toEqual(['readAccounts', 'refreshToken', 'readAccounts']);
});
