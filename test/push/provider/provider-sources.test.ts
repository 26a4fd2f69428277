import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage } from './provider-requests.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const names = (sources: { name: string }[]) => sources.map(({ name }) => name);

test('lists the sources that take pushes, and no others', async () => {
  const { status, json } = await pair.browser().getJson('/push/provider/sources');
  expect(status).toBe(200);
  expect(json.total).toBe(12);
  expect(names(json.sources)).toContain('MedMij Testhuisarts De Linde');
  expect(names(json.sources)).not.toContain('Sandbox Fitness');
});

test('finds one by words of its name, in a page that works without scripts', async () => {
  const page = await pair.browser().get('/push/provider/sources?search=hart+vaat', asPage);
  expect(page.text).toContain('MedMij Testkliniek Hart &amp; Vaat');
  expect(page.text).not.toContain('De Linde');
  expect(page.text).toContain('name="serviceId" value="9005"');
  expect(page.text).toContain('value="hart vaat"');
});

test('the chosen source goes along to digi.me', async () => {
  const started = await pair.browser().post('/authorize', { type: 'provider', serviceId: '9005' });
  const url = new URL(started.headers.get('location') ?? '');
  expect([url.searchParams.get('service'), url.searchParams.get('sourceType')]).toEqual(['9005', 'push']);
});

test('what is searched for is text, not markup', async () => {
  const page = await pair.browser().get('/push/provider/sources?search=%22%3E%3Cb%3E', asPage);
  expect(page.text).toContain('value="&#34;&gt;&lt;b&gt;"');
  expect(page.text).toContain('No provider has a name like that.');
});

test('when digi.me gives no list, the page offers to choose there', async () => {
  pair.sandbox.control.addFault({ route: 'sources', times: 2, status: 403 });
  const page = await pair.browser().get('/push/provider/sources', asPage);
  expect(page.status).toBe(502);
  expect(page.text).toContain('You can choose the provider at digi.me instead.');
  expect(page.text).toContain('action="/authorize"');
  expect((await pair.browser().getJson('/push/provider/sources')).json.error.code).toBe('DigimeRefused');
});
