import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal } from './refusal-checks.js';
import { agentBody, type Connection, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let writer: SigningClient;
let reader: SigningClient;
let written: Connection;
let read: Connection;
let sessionKey: string;

beforeAll(async () => {
  writer = new SigningClient(running.sandbox, 'write');
  reader = new SigningClient(running.sandbox, 'read');
  written = await writer.connect();
  await writer.push(written.accessToken, 'private');
  read = await reader.connect({}, { access_token: written.accessToken });
  sessionKey = (await trigger(reader, read)).json.session.key;
});

function trigger(client: SigningClient, { accessToken }: Connection, body: Json = agentBody) {
  return client.send('POST', 'permission-access/trigger', { claims: { access_token: accessToken }, body });
}

function get(client: SigningClient, { accessToken }: Connection, path: string) {
  return client.send('GET', `permission-access/query/${path}`, { claims: { access_token: accessToken } });
}

const notFound = { status: 404, code: 'NotFound' };
const scopeRefusal = {
  status: 403,
  code: 'InsufficientScope',
  message: /needs a read contract: \S+ is a write contract/,
};

describe('a write contract is refused', () => {
  test('a read session', async () => {
    await expectRefusal(running, () => trigger(writer, written), {
      ...scopeRefusal,
      status: 400,
      code: 'InvalidContractDataRequest',
    });
  });
  test('the file list and the file of a session', async () => {
    await expectRefusal(running, () => get(writer, written, sessionKey), scopeRefusal);
    await expectRefusal(running, () => get(writer, written, `${sessionKey}/push_1`), scopeRefusal);
  });
  test('the sources', async () => {
    await expectRefusal(
      running,
      () => writer.send('POST', 'discovery/sources', { body: { query: {} } }),
      scopeRefusal,
    );
  });
});

describe('a read session is refused', () => {
  test('to the user of another library', async () => {
    const stranger = await reader.connect();
    const { name } = running.sandbox.control.library().files[0] ?? { name: '' };
    const refused = { ...notFound, message: 'no session with this key' };
    await expectRefusal(running, () => get(reader, stranger, sessionKey), refused);
    await expectRefusal(running, () => get(reader, stranger, `${sessionKey}/${name}`), refused);
    const { json } = await trigger(reader, stranger);
    await expectRefusal(running, () => get(reader, stranger, `${json.session.key}/${name}`), {
      ...notFound,
      message: 'no file of this name',
    });
  });
  test('under a key that was never given', async () => {
    await expectRefusal(running, () => get(reader, read, 'invented'), {
      ...notFound,
      message: 'no session',
    });
  });
  test('for a file that is not there', async () => {
    for (const name of ['push_0', '..%2F..%2Fkeys.json', '%00']) {
      await expectRefusal(running, () => get(reader, read, `${sessionKey}/${name}`), {
        ...notFound,
        message: 'no file of this name',
      });
    }
  });
  test('without an agent', async () => {
    await expectRefusal(running, () => trigger(reader, read, {}), {
      status: 403,
      code: 'SDKInvalid',
      message: 'agent',
    });
  });
  test('when it has expired', async () => {
    running.sandbox.control.advanceClock(3601);
    const refresh = { grant_type: 'refresh_token', refresh_token: read.refreshToken };
    const renewed = await reader.send('POST', 'oauth/token', { claims: refresh });
    const [, body = ''] = renewed.json.token.split('.');
    const accessToken = JSON.parse(Buffer.from(body, 'base64url').toString()).access_token.value;
    await expectRefusal(running, () => get(reader, { ...read, accessToken }, sessionKey), {
      ...notFound,
      message: 'expired',
    });
  });
});

test('sources are refused for a body that asks for none', async () => {
  const query = (body: Json) => reader.send('POST', 'discovery/sources', { body });
  const refused = { status: 400, code: 'InvalidRequest' };
  await expectRefusal(running, () => query({ limit: 0 }), { ...refused, message: 'limit' });
  await expectRefusal(running, () => query({ query: { filter: { type: { id: 'push' } } } }), {
    ...refused,
    message: 'query.filter.type.id',
  });
  await expectRefusal(running, () => query({ sort: { name: 'down' } }), { ...refused, message: 'sort.name' });
});

test('a contract says what it is, the refused one too', async () => {
  for (const [role, accessType] of [
    ['write', 'w'],
    ['read', 'r'],
    ['refused', 'w'],
  ] as const) {
    const client = new SigningClient(running.sandbox, role);
    const { status, json } = await client.send('GET', 'permission-access/contract');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: client.contract.id,
      accessType,
      application: { id: expect.stringMatching(/^sandbox-/) },
    });
  }
});

test('a path that is none is refused in the same shape', async () => {
  await expectRefusal(running, () => reader.send('GET', 'permission-access/nowhere'), {
    ...notFound,
    message: 'there is no GET /permission-access/nowhere',
  });
});

test('a reference is given for an account of the contract’s own users only', async () => {
  const send = (value: unknown) => writer.send('POST', 'reference', { body: { type: 'accountId', value } });
  const provider = new SigningClient(running.sandbox, 'provider');
  const { userId } = await provider.connect();
  const account = running.sandbox.control.library().libraries.find((library) => library.userId === userId)
    ?.accounts[0];
  await expectRefusal(running, () => send(account?.id), { ...notFound, message: 'no account with this id' });
  await expectRefusal(running, () => send('40_x'), { ...notFound, message: 'no account with this id' });
  await expectRefusal(running, () => send(7), { status: 400, code: 'InvalidRequest', message: 'value' });
});
