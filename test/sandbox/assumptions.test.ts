import { expect, test } from '@jest/globals';
import { batch, weightEntry } from './bundles.js';
import { accountIdOf } from './provider-client.js';
import { type Connection, payload, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();

function accountsOf(client: SigningClient, { accessToken }: Connection) {
  return client.send('GET', 'permission-access/accounts', { claims: { access_token: accessToken } });
}

test('an access token lives on after a refresh', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { accessToken, refreshToken } = await client.connect();
  const claims = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const renewed = await client.send('POST', 'oauth/token', { claims });
  expect((await client.push(accessToken, 'with the old one')).status).toBe(200);
  expect((await client.push(payload(renewed).access_token.value, 'with the new one')).status).toBe(200);
});

test('the write contract pushes to a provider and the provider contract to the library', async () => {
  const writer = new SigningClient(running.sandbox, 'write');
  const connection = await writer.connect({ sourceType: 'push', service: '9001' });
  const delivered = await writer.send('POST', 'permission-access/import/h:accountId/fhir/stu3', {
    claims: { access_token: connection.accessToken },
    body: batch(),
    headers: { accountid: await accountIdOf(writer, connection) },
  });
  expect(delivered.status).toBe(200);
  const provider = new SigningClient(running.sandbox, 'provider');
  expect((await provider.push((await provider.connect()).accessToken, 'a file')).status).toBe(200);
});

test('a pull source brings an account of the type USER', async () => {
  const reader = new SigningClient(running.sandbox, 'read');
  const connection = await reader.connect({ service: '9202' });
  const { list } = await accountsOf(reader, connection);
  expect(list).toEqual([expect.objectContaining({ type: 'USER', serviceTypeId: 9202, serviceGroupId: 2 })]);
});

test('deleting an account keeps what was pushed', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const connection = await client.connect();
  await client.push(connection.accessToken, 'kept');
  const headers = { accountid: await accountIdOf(client, connection) };
  const claims = { access_token: connection.accessToken };
  await client.send('DELETE', 'permission-access/service/h:accountId', { claims, headers });
  const { libraries } = running.sandbox.control.library();
  const library = libraries.find(({ userId }) => userId === connection.userId);
  expect([library?.files.length, library?.accounts.length]).toEqual([1, 0]);
});

test('a urn for a fullUrl is not compared with the id', async () => {
  const provider = new SigningClient(running.sandbox, 'provider');
  const connection = await provider.connect({ sourceType: 'push', service: '9001' });
  const answer = await provider.send('POST', 'permission-access/import/h:accountId/fhir/3.0.2', {
    claims: { access_token: connection.accessToken },
    body: batch({
      ...weightEntry,
      resource: { ...weightEntry.resource, id: 'w-1' },
      request: { method: 'PUT', url: 'Observation/w-1' },
    }),
    headers: { accountid: await accountIdOf(provider, connection) },
  });
  expect(answer.status).toBe(200);
});
