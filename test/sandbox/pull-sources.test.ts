import { beforeAll, describe, expect, test } from '@jest/globals';
import { fileContent, type ReadFile, readLibrary } from './read-library.js';
import { agentBody, type Connection, type Json, payload, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let reader: SigningClient;
beforeAll(() => {
  reader = new SigningClient(running.sandbox, 'read');
});

const records = (files: ReadFile[]) => files.flatMap((file) => JSON.parse(fileContent(file)) as Json[]);

test('connecting the music service brings a few dozen records that read like somebody’s', async () => {
  const connection = await reader.connect({ service: '16' });
  const files = await readLibrary(reader, connection);
  expect(files.length).toBeGreaterThan(1);
  for (const { metadata, listed } of files) {
    expect(metadata).toMatchObject({
      mimetype: 'application/json',
      created: expect.any(Number),
      objectCount: expect.any(Number),
      objectType: expect.any(String),
      serviceGroup: 'Music & Entertainment',
      serviceName: 'Sandbox Tunes',
    });
    expect(listed).toMatchObject({
      objectCount: metadata.objectCount,
      schema: { standard: 'digime', version: '1.0.0' },
    });
  }
  const all = records(files);
  expect(all.length).toBeGreaterThanOrEqual(24);
  expect(all.length).toBe(files.reduce((sum, { metadata }) => sum + Number(metadata.objectCount), 0));
  const played = all.filter(({ track }) => track);
  expect(played[0]).toMatchObject({
    track: { name: expect.any(String), artists: [{ name: expect.any(String) }] },
  });
  expect(new Set(all.map(({ entityid }) => entityid)).size).toBe(all.length);
});

test('every pull source brings records, and fetching again changes none of them', async () => {
  const pulls = running.sandbox.credentials().sources.filter(({ type }) => type === 'pull');
  for (const { id } of pulls) {
    const connection = await reader.connect({ service: String(id), includeSampleDataOnlySources: 'true' });
    const first = records(await readLibrary(reader, connection));
    expect([id, first.length >= 24]).toEqual([id, true]);
    if (id !== 9202) continue;
    await reader.connect({ service: String(id) }, { access_token: connection.accessToken });
    expect(records(await readLibrary(reader, connection))).toEqual(first);
  }
});

test('deleting an account removes what was fetched from it and keeps what was pushed', async () => {
  const writer = new SigningClient(running.sandbox, 'write');
  const written = await writer.connect();
  await writer.push(written.accessToken, 'kept');
  const connection = await reader.connect({ service: '9214' }, { access_token: written.accessToken });
  const claims = { access_token: connection.accessToken };
  const { list } = await reader.send('GET', 'permission-access/accounts', { claims });
  const headers = { accountid: String(list.find(({ serviceTypeId }) => serviceTypeId === 9214)?.id) };
  expect((await readLibrary(reader, connection)).length).toBe(2);
  await reader.send('DELETE', 'permission-access/service/h:accountId', { claims, headers });
  const left = await readLibrary(reader, connection);
  expect(left.map((file) => fileContent(file))).toEqual(['kept']);
});

describe('a session keeps what was asked of it', () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await reader.connect({ service: '16' });
    const more = { access_token: connection.accessToken };
    await reader.connect({ service: '9203' }, more);
  });

  test.each([
    ['gzip', 'gzip'],
    ['brotli', 'brotli'],
    ['no-compression', undefined],
  ])('compression %s', async (compression, named) => {
    const files = await readLibrary(reader, connection, { accept: { compression } });
    expect(files.map((file) => file.compression)).toEqual(files.map(() => named));
    expect(records(files).length).toBeGreaterThan(24);
  });

  test('compression asked for in an authorization’s actions.pull', async () => {
    const { answer, code, verifier } = await reader.authorize(
      { access_token: connection.accessToken },
      {
        ...agentBody,
        actions: { pull: { accept: { compression: 'brotli' }, limits: { duration: { sourceFetch: 5 } } } },
      },
    );
    const { callback } = await reader.decide(code);
    const exchanged = await reader.exchange(callback?.searchParams.get('code') ?? '', verifier);
    const again = { ...connection, accessToken: payload(exchanged).access_token.value };
    const files = await readLibrary(reader, again, {}, answer.json.session.key);
    expect(new Set(files.map(({ compression }) => compression))).toEqual(new Set(['brotli']));
  });

  test.each<[string, Json, number[]]>([
    ['a service group', { serviceGroups: [{ id: 5 }] }, [16]],
    ['a service of a group', { serviceGroups: [{ id: 3, serviceTypes: [{ id: 9203 }] }] }, [9203]],
    [
      'a kind of record',
      { serviceGroups: [{ id: 5, serviceTypes: [{ id: 16, serviceObjectTypes: [{ id: 406 }] }] }] },
      [16],
    ],
    ['a time that has passed', { timeRanges: [{ to: 1_000_000 }] }, []],
    ['the last day', { timeRanges: [{ last: '1d' }] }, [16, 9203]],
  ])('a scope of %s', async (_name, scope, sources) => {
    const files = await readLibrary(reader, connection, { scope });
    expect([...new Set(files.map(({ name }) => Number(name.split('_')[1])))].sort()).toEqual(
      [...sources].sort(),
    );
  });

  test('and refuses what is no compression', async () => {
    const { status, json } = await reader.send('POST', 'permission-access/trigger', {
      claims: { access_token: connection.accessToken },
      body: { ...agentBody, accept: { compression: 'zip' } },
    });
    expect([status, json.error.message]).toEqual([400, expect.stringContaining('accept.compression')]);
  });
});

describe('sample data', () => {
  test('sets are listed for a source that data is fetched from', async () => {
    const path = 'permission-access/sample/datasets';
    const { status, json } = await reader.send('GET', `${path}/16`);
    expect(status).toBe(200);
    const sets = json as unknown as Record<string, Json>;
    expect(Object.keys(sets)).toContain('default');
    for (const set of Object.values(sets)) {
      expect(set).toEqual({
        id: expect.any(String),
        name: expect.any(String),
        description: expect.any(String),
      });
    }
    expect((await reader.send('GET', `${path}/9001`)).status).toBe(404);
  });

  test('of a set that the application names comes without the person choosing a source', async () => {
    const { code } = await reader.authorize();
    const fields = { service: '16', sampleDataSet: 'quiet', sampleDataAutoOnboard: 'true' };
    const page = await fetch(
      `${running.sandbox.onboardUrl}authorize?${new URLSearchParams({ code, ...fields })}`,
    );
    const html = await page.text();
    expect(html).not.toContain('<select id="service"');
    expect(html).toContain('name="service" value="16"');
    expect(html).toContain('A quiet time');
    const connection = await reader.connect(fields);
    const count = records(await readLibrary(reader, connection)).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(24);
    expect(
      (await readLibrary(reader, await reader.connect({ ...fields, sampleDataSet: 'empty' }))).length,
    ).toBe(0);
  });

  test('of a set that does not exist is refused', async () => {
    const { code } = await reader.authorize();
    const { answer } = await reader.decide(code, { service: '16', sampleDataSet: 'constructor' });
    expect(answer.status).toBe(400);
  });

  test('has sources of its own, which are offered only where the application asks for them', async () => {
    const { code } = await reader.authorize();
    const shown = async (more: string) =>
      (await fetch(`${running.sandbox.onboardUrl}authorize?code=${code}${more}`)).text();
    expect(await shown('')).not.toContain('value="9220"');
    expect(await shown('&includeSampleDataOnlySources=true')).toContain('value="9220"');
  });
});

test.each([
  ['once', 1],
  ['twice', 2],
])('sourcesScope, encoded %s, decides which sources are offered', async (_name, times) => {
  const { code } = await reader.authorize();
  let scope = JSON.stringify({ category: { id: [5] }, country: { id: [5] } });
  for (let count = 0; count < times; count += 1) scope = encodeURIComponent(scope);
  const page = await fetch(`${running.sandbox.onboardUrl}authorize?code=${code}&sourcesScope=${scope}`);
  const offered = [...(await page.text()).matchAll(/<option value="(\d+)"/g)].map(([, id]) => Number(id));
  expect(offered).toEqual([16, 18]);
});
