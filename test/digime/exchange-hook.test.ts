import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DigiMe, type Exchange, init } from '../../src/digime/index.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  sendJson,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;
let seen: Exchange[];
const now = Date.now();

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  seen = [];
  sdk = init({
    applicationId,
    baseUrl: platform.baseUrl,
    onExchange: (exchange) => seen.push(exchange),
    now: () => now,
  });
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const fileDescriptor = { mimeType: 'a/b', accounts: [{ accountId: 'a' }] };

test('An onboarding is told step by step, with claims and tokens decoded and secrets masked.', async () => {
  await sdk.getAuthorizeUrl({
    contractDetails: contract.details,
    callback: 'https://a.example/',
    state: 'state-0123456789-abcdefghijkl',
  });
  await sdk.exchangeCodeForToken({
    contractDetails: contract.details,
    codeVerifier: 'verifier-0123456789-abcdefghijkl',
    authorizationCode: 'code-1',
  });
  expect(seen.map(({ call, response }) => [call, response?.status])).toEqual([
    ['getAuthorizeUrl', 200],
    ['jwks', 200],
    ['exchangeCodeForToken', 200],
  ]);
  const [authorize, keys, exchange] = seen;
  expect(authorize?.request).toMatchObject({
    method: 'POST',
    path: 'oauth/authorize',
    url: `${platform.baseUrl}oauth/authorize`,
    jwtHeader: { alg: 'PS512', typ: 'JWT' },
    headers: { Authorization: 'Bearer …' },
    claims: {
      client_id: `app_${contract.details.contractId}`,
      redirect_uri: 'https://a.example/',
      state: 'stat… (29 characters)',
    },
    body: { agent: { sdk: { name: 'nodejs' } } },
  });
  expect(authorize?.response?.body).toMatchObject({
    token: { preauthorization_code: 'prea… (30 characters)' },
    session: { key: 'sess… (28 characters)' },
  });
  expect(keys?.request.claims).toBeUndefined();
  expect(exchange?.request.claims).toMatchObject({
    code: '… (6 characters)',
    code_verifier: 'veri… (32 characters)',
  });
  expect(exchange?.response?.body).toMatchObject({
    token: {
      access_token: { value: expect.stringMatching(/^acce… /), expires_on: 4_000_000_000 },
      sub: 'user-1',
    },
  });
  expect(exchange?.durationMs).toBeGreaterThan(0);
  expect(exchange?.startedAt).toBe(now);
});

test('A push to a library shows its descriptor and its size, never the file.', async () => {
  const data = { fileData: Buffer.from('the secret of the file'), fileName: 'x', fileDescriptor };
  await sdk.pushData({ ...user, data });
  expect(seen[0]?.request).toMatchObject({ fileDescriptor, bodyBytes: 22, headers: { FileDescriptor: '…' } });
  expect(seen[0]?.response).toMatchObject({ status: 201, body: { status: 'delivered' } });
  expect(JSON.stringify(seen)).not.toContain('the secret');
});

test('A push to a provider shows sizes and outcomes, never a resource.', async () => {
  const route = 'POST permission-access/import/h:accountId/fhir/stu3';
  const entry = [{ resource: { id: 'medical' }, response: { status: '201' } }];
  platform.script(route, (_, response) =>
    sendJson(response, 200, { resourceType: 'Bundle', type: 'batch-response', entry }),
  );
  await sdk.pushData({
    ...user,
    push: 'provider',
    version: 'stu3',
    accountId: '40_1',
    data: { resourceType: 'Patient', name: 'medical' },
  });
  expect(seen[0]?.request.bodyBytes).toBeGreaterThan(30);
  expect(seen[0]?.response?.body).toEqual({
    resourceType: 'Bundle',
    type: 'batch-response',
    entry: [{ response: { status: '201' } }],
  });
  expect(JSON.stringify(seen)).not.toContain('medical');
});

test('The hook of a call is called besides the one of init, with the refresh and the repeat counted.', async () => {
  const own: Exchange[] = [];
  await sdk.readAccounts({
    ...user,
    userAccessToken: expiredToken(),
    onExchange: (exchange) => own.push(exchange),
  });
  expect(own.map(({ call, attempt, error }) => [call, attempt, error?.code])).toEqual([
    ['readAccounts', 1, 'InvalidToken'],
    ['refreshToken', 1, undefined],
    ['jwks', 1, undefined],
    ['readAccounts', 2, undefined],
  ]);
  expect(own).toEqual(seen);
});

test('A hook that throws or rejects disturbs nothing.', async () => {
  const throwing = () => {
    throw new Error('in the hook');
  };
  await sdk.readAccounts({ ...user, onExchange: throwing });
  await sdk.readAccounts({ ...user, onExchange: () => Promise.reject(new Error('in the hook')) as never });
});

test('A key of a session is masked in addresses, claims and errors.', async () => {
  const sessionKey = 'session-key-0123456789abcdef';
  const inSession = { sessionKey, ...contract.details, userAccessToken: firstToken() };
  const failure = await sdk.readFileList(inSession).catch((error) => error);
  await sdk.readFile({ ...inSession, fileName: 'a b.json' }).catch(() => undefined);
  expect(failure).toMatchObject({ call: 'readFileList', request: 'GET permission-access/query/…' });
  expect(seen.map(({ request }) => request.path)).toEqual([
    'permission-access/query/…',
    'permission-access/query/…/a%20b.json',
  ]);
  expect(JSON.stringify([seen, failure.message])).not.toContain(sessionKey);
});

test('An exchange without an answer is told too, with its error.', async () => {
  platform.script('GET permission-access/accounts', (request) => request.socket.destroy());
  const once = init({
    applicationId,
    baseUrl: platform.baseUrl,
    retryOptions: { limit: 0 },
    onExchange: (exchange) => seen.push(exchange),
  });
  await once.readAccounts(user).catch(() => undefined);
  expect(seen[0]).toMatchObject({ error: { code: 'ConnectionReset' } });
  expect(seen[0]?.response).toBeUndefined();
});
