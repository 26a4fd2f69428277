import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let reader: SigningClient;
beforeAll(() => {
  reader = new SigningClient(running.sandbox, 'read');
});

interface Listed {
  data: ({ id: number; name: string } & Json)[];
  limit: number;
  offset: number;
  total: number;
}

async function ask(list: string, body: Json = {}): Promise<Listed> {
  const { status, json } = await reader.send('POST', `discovery/${list}`, { body });
  expect(status).toBe(200);
  return json as unknown as Listed;
}
const find = (query: Json, more: Json = {}) => ask('sources', { limit: 100, query, ...more });
const idsOf = ({ data }: Listed) => data.map(({ id }) => id);

test('the catalogue has sources in several countries, categories and platforms', async () => {
  const { data, total } = await find({});
  expect(total).toBeGreaterThanOrEqual(30);
  expect(new Set(idsOf({ data } as Listed)).size).toBe(total);
  for (const source of data) {
    expect(source).toEqual({
      id: expect.any(Number),
      name: expect.any(String),
      abbreviation: expect.any(String),
      alias: expect.any(Array),
      reference: expect.any(String),
      publishedStatus: 'approved',
      publishedDate: expect.any(Number),
      json: {},
      type: [expect.objectContaining({ id: expect.any(Number), name: expect.stringMatching(/^pu(ll|sh)$/) })],
      category: [expect.objectContaining({ id: expect.any(Number), name: expect.any(String) })],
      country: expect.arrayContaining([
        expect.objectContaining({ code: expect.stringMatching(/^[A-Z]{2}$/) }),
      ]),
      platform: expect.arrayContaining([expect.objectContaining({ name: expect.any(String) })]),
      resource: { url: expect.stringMatching(/^http/), mimetype: 'image/svg+xml' },
      service: expect.objectContaining({
        id: source.id,
        name: source.name,
        reference: expect.any(String),
        publishedStatus: 'approved',
      }),
    });
  }
  for (const list of ['category', 'country', 'platform']) {
    const seen = data.flatMap((source) => (source[list] as { id: number }[]).map(({ id }) => id));
    expect(new Set(seen).size).toBeGreaterThan(2);
  }
});

describe('sources are filtered', () => {
  test.each<[string, Json, (source: Json) => boolean]>([
    ['by type', { type: { id: [2] } }, ({ type }) => (type as { id: number }[]).some(({ id }) => id === 2)],
    [
      'by country',
      { country: { id: [4] } },
      ({ country }) => (country as { id: number }[]).some(({ id }) => id === 4),
    ],
    [
      'by a country’s code',
      { country: { code: ['IS', 'BE'] } },
      ({ country }) => (country as { code: string }[]).some(({ code }) => code === 'IS' || code === 'BE'),
    ],
    [
      'by category',
      { category: { id: [4, 6] } },
      ({ category }) => (category as { id: number }[]).some(({ id }) => id === 4 || id === 6),
    ],
    [
      'by platform',
      { platform: { id: [2] } },
      ({ platform }) => (platform as { id: number }[]).some(({ id }) => id === 2),
    ],
    ['by service', { service: { id: [16, 9003] } }, ({ id }) => id === 16 || id === 9003],
    ['by id', { id: [16, 17, 1] }, ({ id }) => id === 16 || id === 17],
    [
      'by several at once',
      { type: { id: [1] }, country: { id: [1] }, category: { id: [3] } },
      ({ type, country, category }) =>
        [type, country, category].every((list, index) =>
          (list as { id: number }[]).some(({ id }) => id === [1, 1, 3][index]),
        ),
    ],
  ])('%s', async (_name, filter, fits) => {
    const all = await find({});
    const wanted = all.data.filter(fits);
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.length).toBeLessThan(all.total);
    const found = await find({ filter });
    expect(idsOf(found)).toEqual(wanted.map(({ id }) => id));
    expect(found.total).toBe(wanted.length);
  });

  test('by status: sources of sample data are there for who asks for them', async () => {
    const samples = await find({ filter: { publishedStatus: ['sampledataonly'] } });
    expect(samples.data.map(({ publishedStatus }) => publishedStatus)).toEqual([
      'sampledataonly',
      'sampledataonly',
    ]);
    expect((await find({ filter: { publishedStatus: ['pending'] } })).total).toBe(0);
  });
});

test('sources are searched by name, by abbreviation and by other names, with lists or one text', async () => {
  expect(idsOf(await find({ search: { name: ['rijnoever'] } }))).toEqual([9004]);
  expect(idsOf(await find({ search: { name: ['rijnoever', 'DUINZICHT'] } }))).toEqual([9004, 9009]);
  expect(idsOf(await find({ search: { abbreviation: ['MTDL'] } }))).toEqual([9001]);
  expect(idsOf(await find({ search: { name: ['pharmacy'], alias: ['pharmacy'] } }))).toEqual([9006]);
  expect(idsOf(await find({ search: 'midwife' }))).toEqual([9007]);
  expect(idsOf(await find({ search: 'hart vaat' }))).toEqual([9005]);
  expect(idsOf(await find({ search: { serviceName: 'Grachtenbank' } }))).toEqual([9214]);
  expect(await find({ search: { name: ['no such source'] } })).toMatchObject({ data: [], total: 0 });
});

test('sources are sorted and come in pages', async () => {
  const names = (listed: Listed) => listed.data.map(({ name }) => name);
  const up = names(await find({}, { sort: { name: 'asc' } }));
  expect(up).toEqual([...up].sort((one, other) => one.localeCompare(other, 'en')));
  expect(names(await find({}, { sort: { name: 'desc' } }))).toEqual([...up].reverse());
  const page = await find({}, { sort: { name: 'asc' }, limit: 4, offset: 8 });
  expect(page).toMatchObject({ limit: 4, offset: 8, total: up.length });
  expect(names(page)).toEqual(up.slice(8, 12));
  expect((await ask('sources', {})).data).toHaveLength(20);
});

test.each(['categories', 'countries', 'platforms'])('%s are listed in the same way', async (list) => {
  const all = await ask(list, { sort: { name: 'desc' } });
  expect(all.total).toBeGreaterThanOrEqual(3);
  expect(all).toEqual({ data: expect.any(Array), limit: 20, offset: 0, total: all.data.length });
  const [first] = all.data;
  expect(first).toMatchObject({
    id: expect.any(Number),
    name: expect.any(String),
    reference: expect.any(String),
  });
  expect((await ask(list, { query: { filter: { id: [first?.id] } } })).data).toEqual([first]);
  expect((await ask(list, { query: { search: { name: [first?.name] } } })).data).toEqual([first]);
});
