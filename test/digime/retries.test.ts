import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DigiMe, type Exchange, init } from '../../src/digime/index.js';
import { eventually } from '../support/eventually.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  refuse,
  type Script,
  sendJson,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl, timeoutMs: 20_000 });
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const accounts = 'GET permission-access/accounts';
const answering =
  (status: number, headers = {}): Script =>
  (_, response) =>
    response.writeHead(status, headers).end();
const reset: Script = (request) => request.socket.resetAndDestroy();

const notThere: Script = (_, response) => refuse(response, 404, 'NotFound');
/** JSON that ends before its announced length, and the connection with it. */
const brokenOff =
  (status: number): Script =>
  (request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"status":"deliv');
    // An orderly end, with nothing unread: a reset could overtake what was written.
    request.resume().once('end', () => request.socket.end());
  };

test('A call that is safe to repeat is repeated twice, signed anew every time.', async () => {
  platform.script(accounts, answering(502), reset);
  const attempts: number[] = [];
  await sdk.readAccounts({ ...user, onExchange: ({ attempt }: Exchange) => attempts.push(attempt) });
  const seen = platform.requests(accounts);
  expect(new Set(seen.map(({ claims }) => claims.nonce)).size).toBe(3);
  expect(attempts).toEqual([1, 2, 3]);
});

test('After the limit the last error is the one that counts; a limit of 0 repeats nothing.', async () => {
  platform.script(accounts, answering(502), answering(503), answering(504));
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({ error: { statusCode: 504 } });
  const once = init({ applicationId, baseUrl: platform.baseUrl, retryOptions: { limit: 0 } });
  platform.script(accounts, answering(502));
  await expect(once.readAccounts(user)).rejects.toMatchObject({ error: { statusCode: 502 } });
  expect(platform.requests(accounts)).toHaveLength(4);
});

test.each([400, 401, 403, 404, 413, 422])('A refusal (%i) is not repeated.', async (status) => {
  platform.validRefreshTokens.clear();
  platform.script(accounts, answering(status), answering(status));
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({ error: { statusCode: status } });
  expect(platform.requests(accounts)).toHaveLength(1);
});

test('Retry-After is waited for, and when it exceeds the deadline the error says how long, at once.', async () => {
  platform.script(accounts, answering(429, { 'retry-after': '1' }));
  const startedAt = performance.now();
  await sdk.readAccounts(user);
  expect(performance.now() - startedAt).toBeGreaterThan(950);

  platform.script(accounts, answering(503, { 'retry-after': '120' }));
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({
    retryAfterMs: 120_000,
    error: { statusCode: 503 },
  });
  const now = Math.floor(Date.now() / 1000) * 1000;
  const clocked = init({ applicationId, baseUrl: platform.baseUrl, timeoutMs: 5_000, now: () => now });
  platform.script(accounts, answering(503, { 'retry-after': new Date(now + 90_000).toUTCString() }));
  await expect(clocked.readAccounts(user)).rejects.toMatchObject({ retryAfterMs: 90_000 });
});

const oneAccount = 'DELETE permission-access/service/h:accountId';

test.each([
  ['a 502', answering(502)],
  ['a reset', reset],
])('A deletion that failed with %s, and whose repeat finds nothing, has been done.', async (_what, first) => {
  platform.script(oneAccount, first, notThere);
  await expect(sdk.deleteAccount({ ...user, accountId: '40_a' })).resolves.toMatchObject({
    deleted: true,
    response: { statusCode: 404, body: { error: { code: 'NotFound' } } },
    userAccessToken: user.userAccessToken,
  });
  const file = { contractDetails: contract.details, storageId: 's', fileName: 'a.txt' };
  const [path = ''] = await pathsOf(() => sdk.deleteStorageFile(file));
  platform.script(`DELETE ${path}`, first, notThere);
  await expect(sdk.deleteStorageFile(file)).resolves.toEqual({ deleted: true });
});

test('A deletion that finds nothing at its first try, or after one that the platform did not take, fails.', async () => {
  platform.script(oneAccount, notThere);
  const call = { ...user, accountId: '40_a' };
  await expect(sdk.deleteAccount(call)).rejects.toMatchObject({ error: { code: 'NotFound' } });
  platform.script(oneAccount, answering(503), notThere);
  await expect(sdk.deleteAccount(call)).rejects.toMatchObject({ error: { code: 'NotFound' } });
  platform.script(accounts, answering(502), notThere);
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({ error: { code: 'NotFound' } });
});

/** The paths that a call asks for, whatever it is answered. */
async function pathsOf(call: () => Promise<unknown>): Promise<string[]> {
  const before = platform.seen.length;
  await call().catch(() => undefined);
  return platform.seen.slice(before).map(({ path }) => path);
}

test('What no header can hold is an error of the argument: nothing is sent, and nothing repeated.', async () => {
  for (const headers of [{ 'X-Note': 'one\ntwo' }, { 'X-Note': 'čeština' }, { 'not a name': 'x' }]) {
    const call = sdk.readAccounts({ ...user, intercept: (request) => request.send({ headers }) });
    await expect(call).rejects.toMatchObject({
      name: 'TypeValidationError',
      message: expect.stringContaining(Object.keys(headers)[0] ?? ''),
    });
  }
  expect(platform.requests(accounts)).toEqual([]);
});

test('A push is never repeated by itself, and neither is an exchange that may have been acted on.', async () => {
  const data = {
    fileData: Buffer.from('x'),
    fileName: 'x',
    fileDescriptor: { mimeType: 'a/b', accounts: [] },
  };
  for (const script of [reset, answering(503), answering(500), brokenOff(500)]) {
    platform.script('POST permission-access/import', script);
    await expect(sdk.pushData({ ...user, data })).rejects.toMatchObject({ name: 'DigiMeServerError' });
  }
  platform.script('POST permission-access/import', brokenOff(200));
  await expect(sdk.pushData({ ...user, data })).rejects.toMatchObject({
    error: { code: 'TruncatedResponse' },
  });
  expect(platform.requests('POST permission-access/import')).toHaveLength(5);
  platform.script('POST oauth/token', reset);
  const code = { contractDetails: contract.details, codeVerifier: 'v', authorizationCode: 'c' };
  await expect(sdk.exchangeCodeForToken(code)).rejects.toMatchObject({ error: { code: 'ConnectionReset' } });
  expect(platform.requests('POST oauth/token')).toHaveLength(1);
  platform.script('POST oauth/token', answering(503));
  await sdk.exchangeCodeForToken(code);
});

test('The refresh hook of an app takes the place of the refresh, once for all calls.', async () => {
  platform.validAccessTokens.add('from-the-store-0123456789');
  const stored = { ...firstToken(), accessToken: { value: 'from-the-store-0123456789', expiry: 5 } };
  const stale: unknown[] = [];
  const onAccessTokenRefresh = async (_: unknown, old: unknown) => {
    stale.push(old);
    return stored;
  };
  const calls = Array.from({ length: 5 }, () =>
    sdk.readAccounts({ ...user, userAccessToken: expiredToken(), onAccessTokenRefresh }),
  );
  const results = await Promise.all(calls);
  expect(results.map(({ userAccessToken }) => userAccessToken)).toEqual(Array(5).fill(stored));
  expect(stale).toEqual([expiredToken()]);
  expect(platform.requests('POST oauth/token')).toHaveLength(0);
});

test('The refresh hook may refresh through the client, and its failure rejects the call.', async () => {
  const { userAccessToken } = await sdk.readAccounts({
    ...user,
    userAccessToken: expiredToken(),
    onAccessTokenRefresh: (refresh) => refresh(),
  });
  expect(userAccessToken.accessToken.value).toMatch(/^access-2/);
  const failing = {
    ...user,
    userAccessToken: { ...expiredToken(), refreshToken: { value: 'other', expiry: 1 } },
  };
  await expect(
    sdk.readAccounts({ ...failing, onAccessTokenRefresh: () => Promise.reject(new Error('locked')) }),
  ).rejects.toThrow('locked');
});

test('When the new token cannot be saved, nothing is repeated and the failure is kept as the cause.', async () => {
  const cause = new Error('database down');
  const failure = await sdk
    .readAccounts({
      ...user,
      userAccessToken: expiredToken(),
      onAccessTokenChange: () => Promise.reject(cause),
    })
    .catch((error) => error);
  expect(failure).toMatchObject({ name: 'DigiMeSDKError', cause });
  expect(platform.requests(accounts)).toHaveLength(1);
});

test('A caller who leaves during the refresh does not lose the new token.', async () => {
  const controller = new AbortController();
  platform.script('POST oauth/token', (_, response, p) => {
    controller.abort();
    setTimeout(() => sendJson(response, 200, { token: p.signed(p.issueTokens()) }), 100);
  });
  const saved = new Promise((resolve) => {
    const call = sdk.readAccounts({
      ...user,
      userAccessToken: expiredToken(),
      signal: controller.signal,
      onAccessTokenChange: resolve,
    });
    call.catch(() => undefined);
  });
  expect(await saved).toMatchObject({ accessToken: { value: expect.stringMatching(/^access-2/) } });
});

test('A caller who left before the refresh began does not wait for it.', async () => {
  const controller = new AbortController();
  platform.script('POST oauth/token', () => undefined);
  const call = sdk.readAccounts({
    ...user,
    userAccessToken: expiredToken(),
    signal: controller.signal,
    onExchange: () => controller.abort(),
  });
  await expect(call).rejects.toMatchObject({ error: { code: 'Aborted' } });
  await eventually('the refresh, which goes on', () => platform.requests('POST oauth/token').length === 1);
});

test('A bare 401 is treated like InvalidToken; a 401 for another reason is not.', async () => {
  platform.script(accounts, answering(401));
  await sdk.readAccounts(user);
  expect(platform.requests('POST oauth/token')).toHaveLength(1);
  platform.script(accounts, (_, response) => refuse(response, 401, 'InvalidClient'));
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({ error: { code: 'InvalidClient' } });
  expect(platform.requests('POST oauth/token')).toHaveLength(1);
});
