import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type DigiMe,
  DigiMeSDKError,
  DigiMeServerError,
  type FileFailure,
  init,
  ServerError,
  unknownReference,
} from '../../src/digime/index.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  type Script,
  sendJson,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl, retryOptions: null });
});
afterEach(() => platform.stop());

const { contractId, privateKey } = contract.details;
const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const onboarding = { contractDetails: contract.details, callback: 'https://a.example/', state: 's' };
const bodyOf = (route: string) => JSON.parse(platform.requests(route).at(-1)?.body.toString() ?? 'null');
const session = { key: 'session-key-0123456789abcdef', expiry: 4_000_000_000_000 };
const answering =
  (body: unknown, status = 200): Script =>
  (_, response) =>
    sendJson(response, status, body);

test('The client introduces itself as the Node SDK, or as init says.', async () => {
  await sdk.getAuthorizeUrl(onboarding);
  expect(bodyOf('POST oauth/authorize').agent.sdk).toEqual({
    name: 'nodejs',
    version: '16.1.5',
    meta: { node: process.version },
  });
  const named = init({ applicationId, baseUrl: platform.baseUrl, agent: { name: 'ios', version: '5.1.0' } });
  await named.getAuthorizeUrl(onboarding);
  expect(bodyOf('POST oauth/authorize').agent.sdk).toMatchObject({ name: 'ios', version: '5.1.0' });
});

test('A service that is not a number, an empty state and an empty locale count as none.', async () => {
  const { url } = await sdk.getAuthorizeUrl({ ...onboarding, serviceId: Number.NaN, state: '', locale: '' });
  expect([...new URL(url).searchParams.keys()]).toEqual(['code', 'sourceType']);
  expect(platform.requests('POST oauth/authorize')[0]?.claims).not.toHaveProperty('state');
});

test('All actions of a session are passed on, and all options of a reading session.', async () => {
  const actions = { pull: { accept: { compression: 'gzip' } }, push: { a: 1 } };
  await sdk.getAuthorizeUrl({ ...onboarding, sessionOptions: actions });
  expect(bodyOf('POST oauth/authorize').actions).toEqual(actions);

  const sessionOptions = {
    limits: { duration: { sourceFetch: 5 } },
    scope: { timeRanges: [] },
    sourceFetch: true,
    sourceFetchFilter: { account: [{ id: '1' }] },
    accept: { compression: 'brotli' as const },
  };
  platform.script('POST permission-access/trigger', async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    sendJson(response, 200, { session });
    sent = JSON.parse(text);
  });
  let sent: Record<string, unknown> = {};
  await sdk.readSession({ ...user, sessionOptions });
  const { agent, ...rest } = sent;
  expect(agent).toMatchObject({ sdk: { name: 'nodejs' } });
  expect(rest).toEqual(sessionOptions);
});

test('A key may be a Buffer, and a reading call takes contractDetails like every other.', async () => {
  const pem = Buffer.from(privateKey);
  await sdk.readAccounts({ ...user, contractDetails: { contractId, privateKey: pem } });
  const list = { status: { state: 'completed', details: { a: 1 } }, fileList: [] };
  platform.script('GET permission-access/query/key', answering(list), answering(list));
  const reading = { sessionKey: 'key', userAccessToken: firstToken() };
  await expect(sdk.readFileList({ ...reading, contractId, privateKey: pem })).resolves.toMatchObject(list);
  await expect(sdk.readFileList({ ...reading, contractDetails: contract.details })).resolves.toMatchObject(
    list,
  );
});

test('A push needs no file name, and null for a callback counts as none.', async () => {
  const data = {
    fileData: Buffer.from('x'),
    fileName: '',
    fileDescriptor: { mimeType: 'a/b', accounts: [] },
  };
  await sdk.pushData({ ...user, data, onAccessTokenChange: null });
  await sdk.pushData({ ...user, userAccessToken: expiredToken(), data, onAccessTokenChange: null });
  expect(platform.requests('POST permission-access/import').map(({ body }) => body.toString())).toEqual([
    'x',
    'x',
    'x',
  ]);
});

test('What is deleted comes back with the answer, and a deletion is repeated after a 5xx.', async () => {
  const retrying = init({ applicationId, baseUrl: platform.baseUrl });
  platform.script('DELETE user', answering({ a: 1 }, 502), answering({ gone: true }));
  const deleted = await retrying.deleteUser(user);
  expect(deleted).toEqual({
    deleted: true,
    response: {
      statusCode: 200,
      headers: expect.objectContaining({ 'content-type': 'application/json' }),
      body: { gone: true },
    },
    userAccessToken: firstToken(),
  });
  platform.script('DELETE permission-access/service/h:accountId', (_, response) =>
    response.writeHead(204).end(),
  );
  const { response } = await sdk.deleteAccount({ ...user, accountId: '40_1' });
  expect(response).toEqual({ statusCode: 204, headers: expect.any(Object) });
});

test('An error of the platform has its message, its name, and says which call and request it was.', async () => {
  platform.script(
    'GET permission-access/accounts',
    answering({ error: { code: 'Busy', message: 'Please wait' } }, 400),
    answering({ error: 'storage.full', message: 'No room' }, 400),
  );
  const failure = await sdk.readAccounts(user).catch((error) => error);
  expect(failure).toBeInstanceOf(ServerError);
  expect(failure).toBeInstanceOf(DigiMeServerError);
  expect(failure).toBeInstanceOf(DigiMeSDKError);
  expect(failure).toMatchObject({
    name: 'DigiMeServerError',
    message: 'Please wait',
    call: 'readAccounts',
    request: 'GET permission-access/accounts',
    error: { code: 'Busy', reference: unknownReference, statusCode: 400 },
  });
  expect(unknownReference).toBe('Unknown reference');
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({
    message: 'No room',
    error: { code: 'storage.full' },
  });
});

test('The key of the platform may be published as PKCS#1, as SPKI, or as modulus and exponent alone.', async () => {
  const key = createPublicKey(platform.publishedPem);
  const { n, e } = key.export({ format: 'jwk' });
  const forms = [
    { pem: key.export({ type: 'pkcs1', format: 'pem' }) },
    { pem: platform.publishedPem },
    { kty: 'RSA', n, e },
  ];
  for (const form of forms) {
    platform.script(
      'GET jwks/oauth',
      answering({ keys: [{ kid: 'other' }, { kid: platform.kid, ...form }] }),
    );
    await init({ applicationId, baseUrl: platform.baseUrl }).getAuthorizeUrl(onboarding);
  }
  const short = { kid: platform.kid, kty: 'RSA', n: 'AQAB', e };
  platform.script('GET jwks/oauth', answering({ keys: [short] }), answering({ keys: [short] }));
  await expect(
    init({ applicationId, baseUrl: platform.baseUrl }).getAuthorizeUrl(onboarding),
  ).rejects.toMatchObject({ error: { code: 'InvalidPlatformToken' } });
});

const page = { data: [{ id: 1, name: 'A' }], limit: 50, offset: 0, total: 1 };

test('Sources, categories, countries and platforms are asked for, with the default of the Node SDK for sources.', async () => {
  for (const what of ['sources', 'categories', 'countries', 'platforms']) {
    platform.script(`POST discovery/${what}`, async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      bodies.push(JSON.parse(text));
      sendJson(response, 200, page);
    });
  }
  const bodies: unknown[] = [];
  const { contractDetails } = user;
  expect(await sdk.querySources({ contractDetails })).toEqual(page);
  expect(await sdk.queryCategories({ contractDetails, categoriesBodyParams: { limit: 5 } })).toEqual(page);
  expect(await sdk.queryCountries({ contractDetails, countriesBodyParams: { offset: 5 } })).toEqual(page);
  expect(await sdk.queryPlatforms({ contractDetails })).toEqual(page);
  expect(bodies).toEqual([
    { query: { filter: { publishedStatus: ['approved'], type: { id: [1] } } } },
    { limit: 5 },
    { offset: 5 },
    {},
  ]);
});

test('Sample data sets and a portability report are fetched; a report that is no XML is refused.', async () => {
  platform.script(
    'GET permission-access/sample/datasets/h:sourceId',
    answering({ full: { name: 'Full', description: 'everything' } }),
  );
  expect(await sdk.getServiceSampleDataSets({ ...user, sourceId: 16 })).toEqual({
    full: { name: 'Full', description: 'everything' },
  });
  expect(platform.seen.at(-1)?.headers.sourceid).toBe('16');
  const route = 'GET export/medmij/report?format=xml&from=1&to=2';
  platform.script(
    route,
    (_, response) => response.writeHead(200, { 'content-type': 'application/xml' }).end('<Report/>'),
    answering({ no: 'report' }),
  );
  const options = { ...user, format: 'xml', serviceType: 'medmij', from: 1, to: 2 } as const;
  expect(await sdk.getPortabilityReport(options)).toEqual({
    file: '<Report/>',
    userAccessToken: firstToken(),
  });
  await expect(sdk.getPortabilityReport(options)).rejects.toMatchObject({
    error: { code: 'UnexpectedResponse' },
  });
});

test('Reading everything tells states as strings, ends with the status, and reads what is listed after stopPolling.', async () => {
  const list = (state: string, ...names: string[]) =>
    answering({ status: { state, details: { x: 1 } }, fileList: names.map((name) => ({ name })) });
  platform.script(
    'GET permission-access/query/key',
    list('running'),
    list('running', 'a', 'b'),
    list('partial'),
  );
  const states: string[] = [];
  const failures: FileFailure[] = [];
  const { filePromise, stopPolling } = sdk.readAllFiles({
    sessionKey: 'key',
    ...user,
    pollIntervalMs: 1,
    onStatusChange: (state) => states.push(state),
    onFileData: () => undefined,
    // Both files fail: they are not there.
    onFileError: (failure) => {
      stopPolling();
      failures.push(failure);
    },
  });
  expect(await filePromise).toEqual({ state: 'running', details: { x: 1 } });
  expect(states).toEqual(['running']);
  // They are read at the same time: either may fail first.
  expect(failures.map(({ fileName, error }) => [fileName, error.message]).sort()).toEqual([
    ['a', 'refused: NotFound'],
    ['b', 'refused: NotFound'],
  ]);
  expect(platform.requests('GET permission-access/query/key')).toHaveLength(2);
});

test('Without onFileError files that cannot be read are passed over; a callback that fails ends the reading.', async () => {
  const list = answering({ status: { state: 'completed' }, fileList: [{ name: 'a' }] });
  platform.script('GET permission-access/query/key', list, list);
  const reading = { sessionKey: 'key', ...user, onFileData: () => undefined };
  await expect(sdk.readAllFiles(reading).filePromise).resolves.toEqual({ state: 'completed' });
  const failing = () => {
    throw new Error('disk full');
  };
  await expect(sdk.readAllFiles({ ...reading, onStatusChange: failing }).filePromise).rejects.toThrow(
    'disk full',
  );
});
