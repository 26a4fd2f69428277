import { request } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { expectRefusal, issuedAndStored } from './refusal-checks.js';
import { type Connection, fileDescriptor, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  connection = await client.connect();
});

const tokenRefusal = { status: 401, code: 'InvalidToken' };
const requestRefusal = { status: 400, code: 'InvalidRequest' };

describe('a push to the library is refused', () => {
  test('without an access token', async () => {
    await expectRefusal(running, () => client.push(undefined as unknown as string, 'x'), {
      ...tokenRefusal,
      message: 'missing',
    });
  });

  test('with an access token that is not known', async () => {
    await expectRefusal(running, () => client.push('invented', 'x'), {
      ...tokenRefusal,
      message: 'not known here',
    });
  });

  test('with a refresh token in its place', async () => {
    await expectRefusal(running, () => client.push(connection.refreshToken, 'x'), {
      ...tokenRefusal,
      message: 'holds a refresh token',
    });
  });

  test('with the access token of another contract', async () => {
    const other = new SigningClient(running.sandbox, 'provider');
    await expectRefusal(running, () => other.push(connection.accessToken, 'x'), {
      ...tokenRefusal,
      message: 'another contract',
    });
  });

  test('with a read contract', async () => {
    const reader = new SigningClient(running.sandbox, 'read');
    const { accessToken } = await reader.connect();
    await expectRefusal(running, () => reader.push(accessToken, 'x'), {
      status: 403,
      code: 'InsufficientScope',
      message: /needs a write contract: \S+ is a read contract/,
    });
  });

  const descriptors: [name: string, descriptor: Json, message: RegExp][] = [
    ['without a MIME type', { accounts: [] }, /metadata\.mimeType/],
    [
      'with a MIME type that is none',
      { mimeType: 'pdf', accounts: [] },
      /MIME type such as application\/pdf/,
    ],
    ['without accounts', { mimeType: 'a/b' }, /metadata\.accounts/],
    [
      'with accounts that are no list',
      { mimeType: 'a/b', accounts: { accountId: 'x' } },
      /metadata\.accounts/,
    ],
    [
      'with an account without an id',
      { mimeType: 'a/b', accounts: [{}] },
      /metadata\.accounts\.0\.accountId/,
    ],
    ['with tags that are no texts', { mimeType: 'a/b', accounts: [], tags: [1] }, /metadata\.tags\.0/],
  ];
  test.each(descriptors)('by a descriptor %s', async (_name, descriptor, message) => {
    await expectRefusal(running, () => client.push(connection.accessToken, 'x', descriptor), {
      ...requestRefusal,
      message,
    });
  });

  test('without a descriptor', async () => {
    await expectRefusal(
      running,
      () => client.push(connection.accessToken, 'x', fileDescriptor, { filedescriptor: '' }),
      {
        ...requestRefusal,
        message: 'FileDescriptor is missing',
      },
    );
  });

  test('by a descriptor that another key signed', async () => {
    const filedescriptor = new SigningClient(running.sandbox, 'read').sign({ metadata: fileDescriptor });
    await expectRefusal(
      running,
      () => client.push(connection.accessToken, 'x', fileDescriptor, { filedescriptor }),
      {
        status: 401,
        code: 'InvalidClient',
        message: 'the JWT of the FileDescriptor header does not verify',
      },
    );
  });

  test('by a descriptor of more than 8 KB', async () => {
    const long = { ...fileDescriptor, tags: ['t'.repeat(8000)] };
    await expectRefusal(running, () => client.push(connection.accessToken, 'x', long), {
      ...requestRefusal,
      message: '8192 characters',
    });
  });

  test('by another content type', async () => {
    const headers = { 'content-type': 'application/pdf' };
    await expectRefusal(running, () => client.push(connection.accessToken, 'x', fileDescriptor, headers), {
      status: 415,
      code: 'UnsupportedMediaType',
      message: 'application/octet-stream',
    });
  });

  test('by an empty body', async () => {
    await expectRefusal(running, () => client.push(connection.accessToken, ''), {
      ...requestRefusal,
      message: 'body is empty',
    });
  });

  test('by an expired access token', async () => {
    const { accessToken } = await client.connect();
    running.sandbox.control.advanceClock(3601);
    await expectRefusal(running, () => client.push(accessToken, 'x'), {
      ...tokenRefusal,
      message: /expired at \d{4}-.*: refresh it/,
    });
  });
});

test.each(['with a Content-Length', 'in chunks'])('a body that is cut off is not stored: %s', async (way) => {
  const { accessToken } = await client.connect();
  const before = issuedAndStored(running);
  const upload = request(new URL('permission-access/import', running.sandbox.baseUrl), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${client.sign({ ...client.commonClaims(), access_token: accessToken })}`,
      filedescriptor: client.sign({ metadata: fileDescriptor }),
      'content-type': 'application/octet-stream',
      ...(way === 'in chunks' ? { 'transfer-encoding': 'chunked' } : { 'content-length': '1000' }),
    },
  });
  upload.on('error', () => {});
  upload.write('only the beginning');
  const last = () => running.sandbox.control.requests().requests.at(-1);
  await eventually('18 bytes', () => last()?.body.size === 18);
  upload.destroy();
  await eventually('its error', () => last()?.error);
  await eventually('nothing half received', () => issuedAndStored(running).incoming.length === 0);
  expect(last()).toMatchObject({
    status: null,
    body: { size: 18, sha256: null },
    error: { code: 'InvalidRequest', message: 'the body did not arrive whole: nothing was stored' },
  });
  expect(issuedAndStored(running)).toEqual(before);
});

test('the body of a refused push is read to its end, so that a client that looks at the answer only then sees it', async () => {
  const status = await new Promise((resolve, reject) => {
    const upload = request(new URL('permission-access/import', running.sandbox.baseUrl), { method: 'POST' });
    upload.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    upload.end(Buffer.alloc(5_000_000));
  });
  expect(status).toBe(401);
  const last = () => running.sandbox.control.requests().requests.at(-1);
  await eventually('the whole body', () => last()?.body.sha256);
  expect(last()?.body.size).toBe(5_000_000);
});
