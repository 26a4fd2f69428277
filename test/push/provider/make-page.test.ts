import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkBundle } from '../../../src/fhir/index.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage, connectProvider, pushForm, shownText } from './provider-requests.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const pressure = {
  systolic: '127',
  diastolic: '81',
  takenAt: '2024-03-14T07:42',
  zone: 'Europe/Amsterdam',
  givenName: 'Noor',
  familyName: 'Zandstra',
};
const pdf = '%PDF-1.4\n%%EOF\n';

async function make(
  id: string,
  fields: Record<string, string>,
  options: { file?: string; page?: boolean } = {},
) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  if (options.file !== undefined) body.append('file', new Blob([options.file]), 'a.pdf');
  const headers = options.page ? asPage : { accept: 'application/json' };
  return pair.browser().request('POST', `/push/provider/make/${id}`, { headers, body });
}

test('the page lists the forms, each of which is there', async () => {
  const browser = pair.browser();
  const { forms } = (await browser.getJson('/push/provider/make')).json;
  expect(forms).toHaveLength(9);
  for (const id of forms) {
    expect((await browser.get(`/push/provider/make/${id}`, asPage)).status).toBe(200);
  }
  expect((await browser.get('/push/provider/make/none', asPage)).status).toBe(404);
});

describe('a form by script', () => {
  test('tells where each value went, before all are there', async () => {
    const { systolic } = pressure;
    const { status, json } = await make('blood-pressure', { systolic });
    expect(status).toBe(200);
    expect(json.problems.map(({ path }: { path: string }) => path)).toContain('diastolic');
    const [place] = json.places;
    expect(place).toMatchObject({ field: 'systolic', path: expect.stringMatching(/component\[0\].*value$/) });
    expect(json.lines[place.line - 1]).toEqual({ text: expect.stringContaining('127'), field: 'systolic' });
    expect(json).not.toHaveProperty('resource');
  });

  test('gives a bundle without a remark once all is there', async () => {
    const { json } = await make('blood-pressure', { ...pressure, action: 'use' });
    expect(json).toEqual({ problems: [], resource: expect.any(String) });
    expect(checkBundle(JSON.parse(json.resource))).toEqual({ problems: [] });
  });

  test('shows of a file its beginning, and gives it whole', async () => {
    const { givenName, familyName, zone } = pressure;
    const fields = { givenName, familyName, zone, documentTitle: 'x', writtenAt: '2024-03-14T07:42' };
    const file = pdf.padEnd(3000, 'x');
    const shown = await make('document', fields, { file });
    expect(shown.text.length).toBeLessThan(20_000);
    expect(shown.json.places.map(({ path }: { path: string }) => path)).toContain(
      'entry[3].resource.content',
    );
    const { json } = await make('document', { ...fields, action: 'use' }, { file });
    const { content } = JSON.parse(json.resource).entry[3].resource;
    expect(Buffer.from(content, 'base64').toString()).toBe(file);
  });

  test('refuses what is no questionnaire, another type of body, and a file that is too large', async () => {
    expect((await make('questionnaire', { definition: '{}' })).status).toBe(400);
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const other = { headers, body: '{}' };
    expect((await pair.browser().request('POST', '/push/provider/make/weight', other)).status).toBe(415);
    expect((await make('document', {}, { file: 'x'.repeat(4_000_000) })).status).toBe(413);
  });
});

describe('a form without scripts', () => {
  test('comes back with what was typed and what is to be put right', async () => {
    const wrong = { ...pressure, systolic: '"><script>', action: 'use' };
    const { status, text } = await make('blood-pressure', wrong, { page: true });
    expect(status).toBe(422);
    expect(text).toContain('value="&#34;&gt;&lt;script&gt;"');
    expect(text).toContain('href="#f-systolic"');
    expect(text).not.toContain('<script>');
  });

  test('shows the message beside it, each value with its place', async () => {
    const { status, text } = await make('blood-pressure', { ...pressure, action: 'show' }, { page: true });
    expect(status).toBe(200);
    expect(text).toMatch(/<a href="#line-\d+">entry\[1\]\.resource\.component\[0\]\.valueQuantity\.value</);
  });

  test('puts the whole bundle into the page that sends it, with the connection it came from', async () => {
    const browser = pair.browser();
    const connection = await connectProvider(browser);
    const body = new URLSearchParams({ ...pressure, connection: connection.id, action: 'use' });
    const { status, text } = await browser.request('POST', '/push/provider/make/blood-pressure', {
      headers: asPage,
      body,
    });
    expect(status).toBe(200);
    expect(text).toContain(`name="connection" value="${connection.id}"`);
    expect(checkBundle(JSON.parse(shownText(text)))).toEqual({ problems: [] });
  });

  test('makes a form of a questionnaire, and its answers of the form', async () => {
    const item = [{ linkId: '1', text: 'Heb je pijn?', type: 'boolean', required: true }];
    const definition = JSON.stringify({ resourceType: 'Questionnaire', id: 'q', status: 'active', item });
    const asked = await make('questionnaire', { definition }, { page: true });
    expect(asked.text).toMatch(/<label for="f-q0">Heb je pijn\?<\/label>/);
    const { givenName, familyName } = pressure;
    const answers = { definition, q0: 'true', givenName, familyName, action: 'use' };
    const bundle = JSON.parse(shownText((await make('questionnaire', answers, { page: true })).text));
    expect(bundle.entry[2].resource.item).toEqual([
      { linkId: '1', text: 'Heb je pijn?', answer: [{ valueBoolean: true }] },
    ]);
    expect((await make('questionnaire', { definition: 'x' }, { page: true })).status).toBe(422);
  });
});

test('what is FHIR R4 is turned into STU3, shown before it is put into the editor', async () => {
  const browser = pair.browser();
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    note: [{ text: 'y' }],
  };
  const text = JSON.stringify(resource);
  const path = '/push/provider/check';
  const shown = await pushForm(browser, { resource: text, action: 'importR4' }, { path });
  expect(shownText(shown.text)).toBe(text);
  expect(shown.text).toContain('note is called comment in STU3');
  expect(shown.text).toContain('value="applyR4"');
  const applied = await pushForm(browser, { resource: text, action: 'applyR4' }, { path });
  expect(JSON.parse(shownText(applied.text)).entry[0].resource).toMatchObject({ comment: 'y' });
});
