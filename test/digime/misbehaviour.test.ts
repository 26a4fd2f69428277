import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clientErrorCodes, type DigiMe, init, ServerError } from '../../src/digime/index.js';
import { eventually } from '../support/eventually.js';
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
const limits = { maxResponseBytes: 100_000, retryOptions: { limit: 0 } };
/** Only for answers that never come: a busy machine must not turn another error into this one. */
const shortTimeouts = { timeoutMs: 1500, pushTimeoutMs: 1500 };

beforeEach(async () => {
  platform = await new LocalPlatform().start();
  sdk = init({ applicationId, baseUrl: platform.baseUrl, ...limits });
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const data = {
  fileData: Buffer.from('x'.repeat(2_000)),
  fileName: 'x',
  fileDescriptor: { mimeType: 'a/b', accounts: [{ accountId: 'a' }] },
};
const json = { 'content-type': 'application/json' };

const misbehaviours: [string, number, Script][] = [
  ['ConnectionReset', 0, (request) => request.socket.resetAndDestroy()],
  ['ConnectionFailed', 0, (request) => request.socket.end('this is not HTTP\r\n\r\n')],
  ['Timeout', 0, () => undefined],
  [
    'Timeout',
    200,
    (_, response) => {
      response.writeHead(200, json).write('[');
      const drip = setInterval(() => response.write(' '), 50);
      response.once('close', () => clearInterval(drip));
    },
  ],
  [
    'TruncatedResponse',
    200,
    (request, response) => {
      response.writeHead(200, { ...json, 'content-length': '500' }).write('[{"id":');
      // An orderly end of the connection: a reset could overtake what was written.
      request.resume().socket.end();
    },
  ],
  ['TruncatedResponse', 200, (_, response) => response.writeHead(200, json).end('[{"id": "40_1", "refer')],
  ['ResponseTooLarge', 200, (_, response) => response.writeHead(200, json).end(`["${'x'.repeat(200_000)}"]`)],
  [
    'ResponseTooLarge',
    200,
    (_, response) =>
      response
        .writeHead(200, { ...json, 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(50_000_000))),
  ],
  [
    'UnexpectedContentType',
    200,
    (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in</html>'),
  ],
  [
    'RedirectNotFollowed',
    302,
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end(),
  ],
  [
    'UnexpectedResponse',
    404,
    (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>No</h1>'),
  ],
  ['UnexpectedResponse', 500, (_, response) => response.writeHead(500, json).end('{"error": {"co')],
];

test.each(misbehaviours)(
  'An answer that goes wrong (%s, status %i) is an error, for reading and for pushing.',
  async (code, statusCode, script) => {
    if (code === 'Timeout')
      sdk = init({ applicationId, baseUrl: platform.baseUrl, ...limits, ...shortTimeouts });
    platform.script('GET permission-access/accounts', script);
    platform.script('POST permission-access/import', script);
    for (const call of [() => sdk.readAccounts(user), () => sdk.pushData({ ...user, data })]) {
      const failure = await call().then(
        () => 'a success',
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(ServerError);
      const { error, message, request } = failure as ServerError;
      expect(error).toMatchObject({ code, statusCode });
      expect(request).toMatch(/^(GET permission-access\/accounts|POST permission-access\/import)$/);
      expect(message).toBe(error.message);
      expect(clientErrorCodes).toHaveProperty(code);
    }
  },
);

test('A read that answers an object where a list belongs names what is wrong.', async () => {
  platform.script('GET permission-access/accounts', (_, response) => sendJson(response, 200, [{ id: 7 }]));
  await expect(sdk.readAccounts(user)).rejects.toMatchObject({
    error: { code: 'UnexpectedResponse', message: expect.stringContaining('0.id: must be') },
  });
});

test('An address where nobody listens, and a name that does not exist, are errors of the family.', async () => {
  const at = (baseUrl: string) => init({ applicationId, baseUrl, ...limits }).readAccounts(user);
  await expect(at('http://127.0.0.1:1/')).rejects.toMatchObject({
    error: { code: 'ConnectionRefused', statusCode: 0 },
  });
  await expect(at('http://nowhere.invalid/')).rejects.toMatchObject({
    error: { code: 'HostNotFound', statusCode: 0 },
  });
});

test('An empty 2xx, JSON and a word of plain text all confirm a push.', async () => {
  platform.script(
    'POST permission-access/import',
    (_, response) => response.writeHead(201).end(),
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.writeHead(201, { 'content-type': 'text/plain' }).end('Created'),
  );
  for (const status of [201, 204, 201, 201]) {
    const responses: unknown[] = [];
    await sdk.pushData({ ...user, data, onResponse: (response) => responses.push(response.status) });
    expect(responses).toEqual([status]);
  }
});

test('A redirect is not followed: nothing reaches the other host.', async () => {
  const other = await new LocalPlatform().start();
  const redirect: Script = (_, response) =>
    response.writeHead(307, { location: `${other.baseUrl}permission-access/import` }).end();
  platform.script('POST permission-access/import', redirect);
  await expect(sdk.pushData({ ...user, data })).rejects.toMatchObject({
    error: { code: 'RedirectNotFollowed', statusCode: 307 },
  });
  await other.stop();
  expect(other.seen).toHaveLength(0);
});

test('An abort ends a call at once, before it begins and while it waits, and keeps the reason.', async () => {
  platform.script('GET permission-access/accounts', () => undefined);
  const reason = new Error('the visitor left');
  const controller = new AbortController();
  const waiting = sdk.readAccounts({ ...user, signal: controller.signal }).catch((error) => error);
  const asked = () => platform.requests('GET permission-access/accounts').length > 0;
  await eventually('the request at digi.me', asked);
  controller.abort(reason);
  const begun = sdk.readAccounts({ ...user, signal: AbortSignal.abort(reason) }).catch((error) => error);
  for (const failure of [await waiting, await begun])
    expect(failure).toMatchObject({ error: { code: 'Aborted' }, cause: reason });
  expect(platform.requests('GET permission-access/accounts')).toHaveLength(1);
});

test('No error holds a token, a key or a signed header, however it is printed.', async () => {
  const token = firstToken();
  const echo: Script = (request, response) =>
    sendJson(response, 403, {
      error: {
        code: 'Denied',
        message: `no: ${request.headers.authorization} ${token.accessToken.value}`,
        reference: 'r',
      },
    });
  sdk = init({ applicationId, baseUrl: platform.baseUrl, ...limits, ...shortTimeouts });
  const scripts = [...misbehaviours.map(([, , script]) => script), echo];
  for (const script of scripts) {
    platform.script('POST permission-access/import', script);
    const failure = await sdk.pushData({ ...user, data }).catch((error) => error);
    const printed = [
      inspect(failure, { depth: 20, showHidden: true }),
      String(failure),
      JSON.stringify(failure),
      failure.stack,
    ].join('\n');
    expect(printed).not.toContain(token.accessToken.value);
    expect(printed).not.toContain(token.refreshToken.value);
    expect(printed).not.toContain('PRIVATE KEY');
    expect(printed).not.toMatch(/eyJ[\w-]{10}/);
  }
});
