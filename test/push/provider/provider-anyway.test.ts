import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage, connectProvider, exampleBundle, json, pushForm, pushJson } from './provider-requests.js';

let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await connectProvider(browser);
});
afterAll(() => pair.close());

/** The blood pressure with a reference that MedMij refuses and FHIR allows. */
function questionable() {
  const bundle = exampleBundle();
  delete bundle.entry[1].resource.subject.display;
  return bundle;
}

test('what MedMij refuses is refused with the hint that it may be sent anyway', async () => {
  const answer = await pushJson(browser, { version: 'stu3', resource: questionable() });
  expect(answer.status).toBe(422);
  expect(answer.json.error.details).toEqual([
    { path: 'entry[1].resource.subject.display', message: expect.stringContaining('sendAnyway') },
  ]);
});

test('sent anyway it is taken, its problems come with the answer, and the push keeps them', async () => {
  const answer = await pushJson(browser, { version: 'stu3', resource: questionable(), sendAnyway: true });
  expect(answer.status).toBe(202);
  expect(answer.json.warnings).toMatchObject([
    { path: 'entry[1].resource.subject.display', rule: 'reference-display', overridable: true },
  ]);
  const self = answer.json.links.self;
  const kept = [{ path: 'entry[1].resource.subject.display', message: expect.stringContaining('display') }];
  expect(
    (await browser.getJson(self)).json.push?.overruled ?? (await browser.getJson(self)).json.overruled,
  ).toEqual(kept);
  const page = await browser.get(self, asPage);
  expect(page.text).toContain('Sent all the same');
  expect(page.text).toContain('entry[1].resource.subject.display');
});

test('a person is offered the choice on the page, and their choice holds', async () => {
  const fields = { version: 'stu3', resource: JSON.stringify(questionable()) };
  const refused = await pushForm(browser, fields);
  expect(refused.status).toBe(422);
  expect(refused.text).toMatch(/id="anyway">/);
  const sent = await pushForm(browser, { ...fields, sendAnyway: 'yes' });
  expect(sent.status).toBe(303);
});

test.each<[string, (bundle: ReturnType<typeof exampleBundle>) => void]>([
  ['broken structure', (bundle) => (bundle.entry[1].resource.status = 'done')],
  ['a citizen number', (bundle) => (bundle.entry[1].resource.comment = 'BSN 123456782')],
])('%s cannot be sent anyway', async (_what, spoil) => {
  const bundle = questionable();
  spoil(bundle);
  const answer = await pushJson(browser, { version: 'stu3', resource: bundle, sendAnyway: true });
  expect(answer.status).toBe(422);
});

test('a bundle in a JSON body arrives as it was written: 78.40 keeps its zero', async () => {
  pair.sandbox.control.provider().deliveries.length = 0;
  const bundle = JSON.stringify(exampleBundle('weight')).replace(/"value":78\.4,/, '"value":78.40,');
  expect(bundle).toContain('78.40');
  const body = `{"version":"stu3","resource":${bundle}}`;
  const answer = await browser.request('POST', '/push/provider', { headers: json, body });
  expect(answer.status).toBe(202);
  const { createHash } = await import('node:crypto');
  const push = await browser.getJson(answer.json.links.self);
  expect(JSON.stringify(push.json)).toContain(createHash('sha256').update(bundle).digest('hex'));
});

test('a name that is twice in a bundle within a JSON body is refused where it stands', async () => {
  const bundle = JSON.stringify(exampleBundle(), null, 2).replace(
    '"type"',
    '"resourceType": "Bundle", "type"',
  );
  const body = `{"version":"stu3","resource":${bundle}}`;
  const answer = await browser.request('POST', '/push/provider', { headers: json, body });
  expect(answer.status).toBe(422);
  expect(answer.json.error.details).toEqual([
    {
      path: 'resource',
      message: expect.stringMatching(/^line 3, column 3: .*"resourceType" is there twice/),
    },
  ]);
});

test('text that is not UTF-8 is refused, as a body, as a file and as a field', async () => {
  const bundle = exampleBundle();
  bundle.entry[0].resource.name[0].text = 'Zoë';
  const latin = Buffer.from(JSON.stringify({ version: 'stu3', resource: bundle }), 'latin1');
  const asBody = await browser.request('POST', '/push/provider', { headers: json, body: latin });
  expect([asBody.status, asBody.json.error.details[0].message]).toEqual([
    422,
    expect.stringContaining('UTF-8'),
  ]);
  const form = new FormData();
  form.append('version', 'stu3');
  form.append('file', new Blob([Buffer.from(JSON.stringify(bundle), 'latin1')]), 'bundle.json');
  const headers = { accept: 'application/json' };
  const asFile = await browser.request('POST', '/push/provider', { headers, body: form });
  expect([asFile.status, asFile.json.error.details[0].message]).toEqual([
    422,
    expect.stringContaining('UTF-8'),
  ]);
  const asField = await browser.request('POST', '/push/provider', {
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: `version=stu3&resource=${encodeURIComponent(JSON.stringify(bundle)).replace('%C3%AB', '%EB')}`,
  });
  expect([asField.status, asField.json.error.details[0].message]).toEqual([
    422,
    expect.stringContaining('UTF-8'),
  ]);
});

test('a check speaks the language of the page', async () => {
  const answer = await browser.request('POST', '/push/provider/check', {
    headers: { ...json, 'accept-language': 'nl' },
    body: JSON.stringify({ version: 'stu3', resource: questionable() }),
  });
  expect(answer.json).toMatchObject({ accepted: false, verdict: 'overridable' });
  expect(answer.json.problems[0].message).toContain('een Reference heeft');
});

test('laying out what is nested deeply does not make the page grow beyond all bounds', async () => {
  const deep = `${'['.repeat(900)}${']'.repeat(900)}`;
  const text = `[${Array(30).fill(deep).join(',')}]`;
  const answer = await pushForm(
    browser,
    { version: 'stu3', resource: text, format: 'yes' },
    { path: '/push/provider/check' },
  );
  const empty = await browser.get('/push/provider', asPage);
  expect(answer.text.length - empty.text.length).toBeLessThan(4 * text.length);
});
