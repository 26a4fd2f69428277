import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { batch } from './bundles.js';
import { accountIdOf } from './provider-client.js';
import { type Connection, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  connection = await client.connect();
});

const asUser = (who: Connection) => ({ claims: { access_token: who.accessToken } });

function files(id: string, path = ''): string {
  return `clouds/${id}/files/app/${running.sandbox.credentials().applicationId}${path}`;
}

interface Listing {
  files: ({ path: string; size: number } & Json)[];
  total: number;
}

async function list(id: string, folder = ''): Promise<Listing> {
  return (await client.send('GET', files(id, folder), asUser(connection))).json as unknown as Listing;
}

test('a file is put into a provisional storage, listed, downloaded, replaced and deleted', async () => {
  const { status, json } = await client.send('POST', 'clouds');
  expect(status).toBe(200);
  const { cloudId: id } = json as unknown as { cloudId: string };
  const body = Buffer.from('the first words');
  const put = await client.send('POST', files(id, '/letters/2026/one.txt'), {
    body,
    headers: { 'content-type': 'text/plain' },
  });
  expect(put.json).toMatchObject({
    name: 'one.txt',
    path: 'letters/2026/one.txt',
    size: 15,
    mimetype: 'text/plain',
  });
  await client.send('PUT', files(id, '/two%20words.bin'), { body: Buffer.from('2') });
  expect((await list(id)).files.map(({ path }) => path)).toEqual(['letters/2026/one.txt', 'two words.bin']);
  expect(await list(id, '/letters')).toMatchObject({ total: 1 });
  const got = await client.send('GET', files(id, '/letters/2026/one.txt'));
  expect(got.text).toBe('the first words');
  expect(got.headers.get('content-type')).toBe('application/octet-stream');
  await client.send('PUT', files(id, '/letters/2026/one.txt'), { body: Buffer.from('others') });
  expect((await client.send('GET', files(id, '/letters/2026/one.txt'))).text).toBe('others');
  expect((await client.send('DELETE', files(id, '/letters'))).json).toMatchObject({
    deleted: true,
    count: 1,
  });
  expect((await client.send('GET', files(id, '/letters/2026/one.txt'))).status).toBe(404);
  expect((await list(id)).total).toBe(1);
});

test('a person’s storage is the same each time, nobody else’s, and gone with the person', async () => {
  const own = await client.connect();
  const storage = async () =>
    (await client.send('GET', 'clouds', asUser(own))).json as unknown as { cloudId: string };
  const { cloudId: id } = await storage();
  expect(await storage()).toMatchObject({ cloudId: id, provisional: false });
  await client.send('POST', files(id, '/x'), { ...asUser(own), body: Buffer.from('x') });
  expect((await client.send('GET', files(id, '/x'), asUser(connection))).status).toBe(404);
  expect((await client.send('GET', files(id, '/x'))).status).toBe(401);
  expect((await client.send('GET', files(id, '/x'), asUser(own))).text).toBe('x');
  const bodies = () =>
    readdirSync(join(running.dataDir, 'bodies')).filter((name) => name.startsWith('storage_'));
  const before = bodies().length;
  await client.send('DELETE', 'user', asUser(own));
  expect(bodies()).toHaveLength(before - 1);
});

test('a path never leaves the storage', async () => {
  const { json } = await client.send('POST', 'clouds');
  const { cloudId: id } = json as unknown as { cloudId: string };
  for (const path of ['/..%2F..%2Fkeys.json', '/%2e%2e/%2e%2e/keys.json', '/a%00b', `/${'x'.repeat(990)}`]) {
    const { status } = await client.send('PUT', files(id, path), { body: Buffer.from('mine') });
    expect([200, 400, 404]).toContain(status);
  }
  expect(running.sandbox.credentials().applicationId).toMatch(/^sandbox-/);
  expect(
    (await client.send('PUT', files(id, `/${'x'.repeat(1001)}`), { body: Buffer.from('m') })).status,
  ).toBe(400);
  expect((await client.send('PUT', files(id), { body: Buffer.from('m') })).status).toBe(400);
});

test('the portability report says what went to MedMij providers in a period', async () => {
  const provider = new SigningClient(running.sandbox, 'provider');
  const own = await provider.connect({ sourceType: 'push', service: '9005', person: 'willem' });
  await provider.send('POST', 'permission-access/import/h:accountId/fhir/stu3', {
    ...asUser(own),
    body: batch(),
    headers: { accountid: await accountIdOf(provider, own) },
  });
  const report = (query: string) => provider.send('GET', `export/medmij/report?${query}`, asUser(own));
  const now = Math.floor(Date.now() / 1000);
  const { status, headers, text } = await report(`format=xml&from=${now - 60}&to=${now + 60}`);
  expect([status, headers.get('content-type')]).toEqual([200, 'application/xml; charset=utf-8']);
  expect(text).toContain('name="Willem Visser"');
  expect(text).toContain('name="MedMij Testkliniek Hart &#38; Vaat"');
  expect(text.match(/<Delivery /g)).toHaveLength(1);
  expect((await report(`from=0&to=${now - 3600}`)).text).not.toContain('<Delivery');
  expect((await report('format=doc')).status).toBe(400);
  expect((await provider.send('GET', 'export/other/report', asUser(own))).status).toBe(400);
  expect((await provider.send('GET', 'export/medmij/report')).status).toBe(401);
});
