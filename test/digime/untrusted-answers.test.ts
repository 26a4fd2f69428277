import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DigiMe, type Exchange, init, type PushResponse, ServerError } from '../../src/digime/index.js';
import {
  applicationId,
  contract,
  firstToken,
  LocalPlatform,
  type Script,
  sendJson,
} from './local-platform.js';

let platform: LocalPlatform;
let sdk: DigiMe;
let exchanges: Exchange[];

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  exchanges = [];
  sdk = init({
    applicationId,
    baseUrl: platform.baseUrl,
    retryOptions: { limit: 0 },
    maxResponseBytes: 4_000_000,
    onExchange: (exchange) => exchanges.push(exchange),
  });
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const accounts = 'GET permission-access/accounts';
const library = 'POST permission-access/import';
const provider = 'POST permission-access/import/h:accountId/fhir/stu3';
const file = { fileData: Buffer.from('x'), fileDescriptor: { mimeType: 'a/b', accounts: [] } };
const toProvider = { ...user, type: 'provider', version: 'stu3', accountId: '40_1', data: {} } as const;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const json = { 'content-type': 'application/json' };
const raw =
  (status: number, type: string | undefined, text: string): Script =>
  (_, response) =>
    response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(text);

async function responseOf(push: (onResponse: (response: PushResponse) => void) => Promise<void>) {
  const responses: PushResponse[] = [];
  await push((response) => responses.push(response));
  expect(responses).toHaveLength(1);
  return responses[0];
}

test.each([5_000, 1_000_000])(
  'An answer nested %i levels deep is an error that says so, for every kind of answer.',
  async (levels) => {
    platform.script(accounts, raw(200, 'application/json', nested(levels)));
    await expect(sdk.readAccounts(user)).rejects.toMatchObject({
      error: { code: 'UnexpectedResponse', message: expect.stringContaining('nested more than') },
    });
    platform.script(accounts, raw(403, 'application/json', `{"error":${nested(levels)}}`));
    await expect(sdk.readAccounts(user)).rejects.toMatchObject({ error: { statusCode: 403 } });
    const deep = Buffer.from(`{"metadata":${nested(levels)}}`).toString('base64url');
    platform.script('GET permission-access/query/key/f', (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/octet-stream', 'x-metadata': deep.slice(0, 15_000) })
        .end(),
    );
    const reading = { sessionKey: 'key', fileName: 'f', ...user };
    await expect(sdk.readFile(reading)).rejects.toMatchObject({ error: { code: 'UnexpectedResponse' } });
    platform.script('POST oauth/token', (_, response, p) =>
      sendJson(response, 200, { token: `${nested(levels)}${p.kid}` }),
    );
    await expect(sdk.refreshToken(user)).rejects.toMatchObject({ error: { code: 'InvalidPlatformToken' } });
  },
);

test('Brackets within strings are no depth, and 200 levels are read.', async () => {
  const account = { id: '40_1', reference: 'r', words: `\\"${'[{'.repeat(5_000)}` };
  platform.script(accounts, raw(200, 'application/json', JSON.stringify([account])));
  expect((await sdk.readAccounts(user)).accounts).toEqual([account]);
  platform.script(
    accounts,
    raw(200, 'application/json', `[{"id":"a","reference":"r","deep":${nested(198)}}]`),
  );
  await sdk.readAccounts(user);
});

test.each([
  ['application/fhir+xml', '<Bundle/>', 'UnexpectedContentType'],
  ['application/octet-stream', '\u0000', 'UnexpectedContentType'],
  ['application/json', nested(5_000), 'UnexpectedResponse'],
  ['application/json', 'accepted, thanks', 'UnexpectedResponse'],
])('A push that is accepted with %s that cannot be read has been accepted.', async (type, text, code) => {
  platform.script(provider, raw(201, type, text));
  platform.script(library, raw(201, type, text));
  const unreadable = { code, message: expect.any(String) };
  expect(await responseOf((onResponse) => sdk.pushData({ ...toProvider, onResponse }))).toEqual({
    status: 201,
    unreadable,
  });
  expect(await responseOf((onResponse) => sdk.pushData({ ...user, data: file, onResponse }))).toEqual({
    status: 201,
    unreadable,
  });
});

test('The JSON type of old FHIR servers is read as JSON.', async () => {
  const outcome = { resourceType: 'OperationOutcome' };
  platform.script(provider, raw(200, 'application/json+fhir; charset=UTF-8', JSON.stringify(outcome)));
  expect(await responseOf((onResponse) => sdk.pushData({ ...toProvider, onResponse }))).toEqual({
    status: 200,
    body: outcome,
  });
});

test('An answer of a provider that is too large leaves the push accepted; one that breaks off, or a web page, does not.', async () => {
  platform.script(provider, raw(200, 'application/json', `["${'x'.repeat(5_000_000)}"]`));
  expect(await responseOf((onResponse) => sdk.pushData({ ...toProvider, onResponse }))).toMatchObject({
    status: 200,
    unreadable: { code: 'ResponseTooLarge' },
  });
  platform.script(
    provider,
    raw(200, 'application/json', '{"resourceType":"Bun'),
    (request, response) => {
      response.writeHead(200, { ...json, 'content-length': '500' }).write('{');
      // An orderly end, with nothing unread: a reset could overtake what was written.
      request.resume().once('end', () => request.socket.end());
    },
    raw(200, 'text/html', '<html>Please log in</html>'),
  );
  for (const code of ['TruncatedResponse', 'TruncatedResponse', 'UnexpectedContentType'])
    await expect(sdk.pushData(toProvider)).rejects.toMatchObject({ error: { code, statusCode: 200 } });
});

test('Code, message, reference and reason are cut, also where they are one word of a megabyte.', async () => {
  const word = 'x'.repeat(900_000);
  platform.script(accounts, (_, response) =>
    response
      .writeHead(400, 'n'.repeat(5_000), json)
      .end(
        JSON.stringify({ error: { code: 'c'.repeat(9_000), message: word, reference: 'r'.repeat(9_000) } }),
      ),
  );
  const failure: ServerError = await sdk.readAccounts(user).catch((error) => error);
  expect(failure.error.code).toHaveLength(100);
  expect(failure.error.message).toHaveLength(500);
  expect(failure.error.reference).toHaveLength(128);
  expect(failure.error.statusMessage).toHaveLength(100);
});

test('Half of a surrogate pair, which no header or column can hold, is replaced wherever it comes in.', async () => {
  platform.script(
    accounts,
    raw(200, 'application/json', '[{"id":"40_\\ud800","reference":"\\\\ud800 \\ud83d\\ude00"}]'),
  );
  const { accounts: read } = await sdk.readAccounts(user);
  expect(read).toEqual([{ id: '40_\ufffd', reference: '\\ud800 😀' }]);
  platform.script(
    accounts,
    raw(400, 'application/json', '{"error":{"code":"a\\udc00b","message":"\\ud800"}}'),
  );
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({
    error: { code: 'a\ufffdb', message: '\ufffd' },
  });
});

test('What the client was given or has got is hidden by value in every text that leaves it, whoever repeats it where.', async () => {
  const codeVerifier = 'verifier-0123456789-abcdefghijklmnop';
  const authorizationCode = 'code-0123456789-abcdefghijklmnop';
  const token = await sdk.exchangeCodeForToken({
    contractDetails: contract.details,
    codeVerifier,
    authorizationCode,
  });
  const keyLine = contract.details.privateKey.split('\n')[3] ?? '';
  const first = firstToken();
  platform.validAccessTokens.add(first.accessToken.value);
  let header = '';
  const echo: Script = (request, response) => {
    header = request.headers.authorization ?? '';
    const words = [first.accessToken.value, first.refreshToken.value, token.refreshToken.value, codeVerifier];
    const said = [...words, authorizationCode, keyLine, header, encodeURIComponent(codeVerifier)].join(
      ' and ',
    );
    const about = { error: { code: `No:${first.accessToken.value}`, message: said, reference: header } };
    response.writeHead(400, `${first.accessToken.value}`, {
      ...json,
      location: `https://a.example/${token.accessToken.value}?x=${codeVerifier}`,
      'retry-after': '5',
    });
    response.end(JSON.stringify({ ...about, [first.refreshToken.value]: [{ deep: { note: said } }] }));
  };
  platform.script(accounts, echo);
  platform.script(library, echo);
  platform.script(provider, (request, response, p) => {
    response.statusMessage = first.accessToken.value;
    const said = `${first.accessToken.value} ${request.headers.authorization}`;
    sendJson(response, 200, { resourceType: 'OperationOutcome', issue: [{ diagnostics: said }], kid: p.kid });
  });
  const failures = [
    await sdk.readAccounts(user).catch((error) => error),
    await sdk.pushData({ ...user, data: file }).catch((error) => error),
  ];
  await sdk.pushData(toProvider);
  const texts = [
    JSON.stringify(exchanges),
    ...failures.map((failure) => inspect(failure, { depth: 20, showHidden: true })),
  ].join('\n');
  const secrets = [
    first.accessToken.value,
    first.refreshToken.value,
    token.accessToken.value,
    token.refreshToken.value,
    codeVerifier,
    authorizationCode,
    keyLine,
    header.split('.')[1] ?? '',
  ];
  expect(exchanges).toHaveLength(5);
  expect(failures.every((failure) => failure instanceof ServerError)).toBe(true);
  expect(secrets.filter((secret) => secret.length < 20 || texts.includes(secret))).toEqual([]);
});
