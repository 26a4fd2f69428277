import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { init, ServerError, TypeValidationError, type UserAccessToken } from '../../src/digime/index.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  refuse,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: ReturnType<typeof init>;

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl });
});
afterEach(() => platform.stop());

const route = 'POST permission-access/import';
const fileDescriptor = { mimeType: 'application/pdf', accounts: [{ accountId: 'a-1' }], tags: ['t'] };
const bytes = randomBytes(300_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const data = { fileData: bytes, fileName: 'x.pdf', fileDescriptor };
const library = { contractDetails: contract.details, userAccessToken: firstToken(), data };

test('A library push sends the raw bytes with a signed descriptor and the access token.', async () => {
  await expect(sdk.pushData(library)).resolves.toBeUndefined();
  const [seen] = platform.requests(route);
  expect(seen?.sha256).toBe(sha256);
  expect(seen?.headers['content-type']).toBe('application/octet-stream');
  expect(seen?.headers['content-length']).toBe('300000');
  expect(seen?.claims.access_token).toBe(firstToken().accessToken.value);
  const payload = (seen?.headers.filedescriptor ?? '').split('.')[1] ?? '';
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ metadata: fileDescriptor });
});

test.each([
  ['type', { type: 'provider', standard: 'fhir' }],
  ['push, as one document spells it', { push: 'provider' }],
] as const)('A provider push, told by %s, sends JSON with the account in a header.', async (_, kind) => {
  const responses: unknown[] = [];
  await sdk.pushData({
    ...kind,
    contractDetails: contract.details,
    userAccessToken: firstToken(),
    data: { resourceType: 'Bundle' },
    version: 'stu3' as const,
    accountId: '40_1',
    onResponse: (response) => responses.push(response),
  });
  const [seen] = platform.requests('POST permission-access/import/h:accountId/fhir/stu3');
  expect(seen?.headers.accountid).toBe('40_1');
  expect(seen?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(seen?.body.toString() ?? '')).toEqual({ resourceType: 'Bundle' });
  expect(responses).toEqual([
    { status: 200, body: { resourceType: 'Bundle', type: 'batch-response', entry: [] } },
  ]);
});

test('A provider push given as JSON text leaves byte for byte, so that decimals keep their digits; other text is refused.', async () => {
  const written = Buffer.from('{"resourceType":"Bundle","total":1,"value":78.40}');
  const push = (bytes: Buffer) =>
    sdk.pushData({
      type: 'provider',
      contractDetails: contract.details,
      userAccessToken: firstToken(),
      data: bytes,
      version: 'stu3',
      accountId: '40_1',
    });
  await push(written);
  const before = platform.requests('POST permission-access/import/h:accountId/fhir/stu3');
  expect(before.at(-1)?.body.equals(written)).toBe(true);
  await expect(push(Buffer.from('[1]'))).rejects.toBeInstanceOf(TypeValidationError);
  expect(platform.requests('POST permission-access/import/h:accountId/fhir/stu3')).toHaveLength(
    before.length,
  );
});

test('Twenty pushes at once with an expired token make one refresh, hand over the new token first, and all arrive whole.', async () => {
  const order: string[] = [];
  const changes: UserAccessToken[] = [];
  await Promise.all(
    Array.from({ length: 20 }, () =>
      sdk.pushData({
        ...library,
        userAccessToken: expiredToken(),
        data: {
          ...data,
          fileData: () => Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
        },
        onAccessTokenChange: async (token) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          order.push(
            `saved, ${platform.requests(route).filter(({ claims }) => claims.access_token === token.accessToken.value).length} repeated`,
          );
          changes.push(token);
        },
      }),
    ),
  );
  expect(platform.requests('POST oauth/token')).toHaveLength(1);
  expect(changes).toHaveLength(20);
  expect(order[0]).toBe('saved, 0 repeated');
  expect(changes[0]).toMatchObject({ user: { id: 'user-1' }, consentid: 'consent-1' });
  const repeats = platform
    .requests(route)
    .filter(({ claims }) => claims.access_token === changes[0]?.accessToken.value);
  expect(repeats.map((seen) => seen.sha256)).toEqual(Array(20).fill(sha256));
});

test('A call that comes later with the replaced token uses the refresh that has happened.', async () => {
  await sdk.pushData({ ...library, userAccessToken: expiredToken() });
  await sdk.pushData({ ...library, userAccessToken: expiredToken() });
  expect(platform.requests('POST oauth/token')).toHaveLength(1);
});

test('A plain stream is never sent twice: the token is refreshed and handed over, and the file must be sent again.', async () => {
  const changes: UserAccessToken[] = [];
  const fileData = Readable.from([bytes]);
  const push = sdk.pushData({
    ...library,
    userAccessToken: expiredToken(),
    data: { ...data, fileData },
    onAccessTokenChange: (token) => changes.push(token),
  });
  await expect(push).rejects.toMatchObject({
    name: 'DigiMeServerError',
    error: { code: 'FileMustBeSentAgain' },
  });
  expect(platform.requests(route)).toHaveLength(1);
  expect(changes).toHaveLength(1);
  expect(fileData.destroyed).toBe(true);
});

test('A second 401 after the refresh rejects with InvalidToken, with the new token handed over.', async () => {
  const changes: UserAccessToken[] = [];
  const deny = (_: unknown, response: Parameters<typeof refuse>[0]) => refuse(response, 401, 'InvalidToken');
  platform.script(route, deny, deny, deny);
  const failure = await sdk
    .pushData({ ...library, onAccessTokenChange: (token) => changes.push(token) })
    .catch((error) => error);
  expect(failure).toBeInstanceOf(ServerError);
  expect(failure.error).toMatchObject({ code: 'InvalidToken', statusCode: 401, reference: 'ref-42' });
  expect(platform.requests(route)).toHaveLength(2);
  expect(changes).toHaveLength(1);
});

test('A refused refresh rejects with InvalidToken and nothing is repeated.', async () => {
  platform.validRefreshTokens.clear();
  await expect(sdk.pushData({ ...library, userAccessToken: expiredToken() })).rejects.toMatchObject({
    error: { code: 'InvalidToken' },
  });
  expect(platform.requests(route)).toHaveLength(1);
});
