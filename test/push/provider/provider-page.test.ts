import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import {
  asPage,
  brokenBundle,
  connectProvider,
  exampleBundle,
  json,
  pushForm,
  shownText,
} from './provider-requests.js';

let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await connectProvider(browser);
});
afterAll(() => pair.close());

const check = (resource: unknown) =>
  pair.browser().request('POST', '/push/provider/check', {
    headers: json,
    body: JSON.stringify({ version: 'stu3', resource }),
  });

describe('checking by script', () => {
  test('needs no connection and finds nothing wrong with an example', async () => {
    const answer = await check(JSON.stringify(exampleBundle('questionnaire')));
    expect([answer.status, answer.json]).toEqual([200, { problems: [], accepted: true, verdict: 'ready' }]);
  });

  test('gives each problem its line and column in the text', async () => {
    const { bundle, path } = brokenBundle();
    const text = JSON.stringify(bundle, null, 2);
    const { json: found } = await check(text);
    expect(found.accepted).toBe(false);
    expect(found.problems).toMatchObject([
      { path, severity: 'error', message: expect.any(String), line: expect.any(Number), column: 15 },
    ]);
    expect(text.split('\n')[found.problems[0].line - 1]).toContain('"value": "127"');
  });

  test('says where text stops being JSON', async () => {
    const { json: found } = await check('{\n  "resourceType": "Bundle",\n  "type" "batch"\n}');
    expect(found.problems).toMatchObject([
      { path: '', severity: 'error', message: expect.any(String), line: 3, column: 10 },
    ]);
  });
});

describe('the page', () => {
  test('starts from an example', async () => {
    const page = await browser.get('/push/provider?example=document', asPage);
    expect(JSON.parse(shownText(page.text))).toEqual(exampleBundle('document'));
    expect((await browser.get('/push/provider?example=none', asPage)).status).toBe(404);
  });

  test('can be looked at before anything is connected', async () => {
    const page = await pair.browser().get('/push/provider', asPage);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Connect a provider first');
    expect(page.text).toContain('name="type" value="provider"');
  });

  test('speaks Dutch', async () => {
    const page = await pair.browser().get('/push/provider?lang=nl', asPage);
    expect(page.text).toContain('Verbind eerst een zorgaanbieder');
  });

  test('of a connection of somebody else is not there', async () => {
    const theirs = await connectProvider(pair.browser(), '9004');
    expect((await browser.get(`/push/provider?connection=${theirs.id}`, asPage)).status).toBe(404);
  });

  test('links to where permission is withdrawn', async () => {
    expect((await browser.get('/push/provider', asPage)).text).toContain('href="/accounts"');
  });
});

describe('the form without scripts', () => {
  const path = '/push/provider/check';

  test('checks, names the line and keeps the text and the choices', async () => {
    const { bundle, path: place } = brokenBundle();
    const text = JSON.stringify(bundle, null, 2);
    const page = await pushForm(browser, { version: '3.0.2', resource: text }, { path });
    expect(page.status).toBe(200);
    expect(shownText(page.text)).toBe(text);
    expect(page.text).toContain(place);
    expect(page.text).toMatch(/Line \d+, column 15/);
    expect(page.text).toContain('<option value="3.0.2" selected>');
  });

  test('says that nothing is wrong', async () => {
    const page = await pushForm(browser, { resource: JSON.stringify(exampleBundle()) }, { path });
    expect(page.text).toContain('Nothing is wrong with it: ready to send.');
  });

  test('shows a chosen file', async () => {
    const file = JSON.stringify(exampleBundle('weight'));
    const page = await pushForm(browser, { resource: '' }, { path, file });
    expect(shownText(page.text)).toBe(file);
  });

  test('formats JSON, and leaves alone what is none', async () => {
    const bundle = exampleBundle();
    const fields = { resource: JSON.stringify(bundle), format: 'yes' };
    const page = await pushForm(browser, fields, { path });
    expect(shownText(page.text)).toBe(JSON.stringify(bundle, null, 2));
    const none = await pushForm(browser, { resource: '{ "a": <b> & "c" }', format: 'yes' }, { path });
    expect(shownText(none.text)).toBe('{ "a": <b> & "c" }');
  });

  test('shows what can be put right by itself before it does, in both languages', async () => {
    const { bundle } = brokenBundle();
    const text = JSON.stringify(bundle, null, 2);
    const right = text.replace('"value": "127"', '"value": 127');
    const checked = await pushForm(browser, { resource: text }, { path });
    expect(checked.text).toMatch(/id="repair-offer">/);
    const shown = await pushForm(browser, { resource: text, action: 'repair' }, { path });
    expect(shownText(shown.text)).toBe(text);
    expect(shown.text).toMatch(
      /<del>\s*&#34;value&#34;: &#34;127&#34;,<\/del>\s*<ins>\s*&#34;value&#34;: 127,/,
    );
    expect(shown.text).toContain('Use this text');
    const headers = { ...asPage, 'accept-language': 'nl' };
    const dutch = await pushForm(browser, { resource: text, action: 'repair' }, { path, headers });
    expect(dutch.text).toContain('de aanhalingstekens zijn weggehaald');
    const applied = await pushForm(browser, { resource: text, action: 'applyRepair' }, { path });
    expect(shownText(applied.text)).toBe(right);
    expect(applied.text).toContain('Nothing is wrong with it: ready to send.');
    expect(applied.text).toMatch(/id="repair-offer" hidden>/);
  });

  test('says it where nothing can be put right by itself, and knows no other action', async () => {
    const none = await pushForm(browser, { resource: '{"a" 1}', action: 'repair' }, { path });
    expect(none.text).toContain('Nothing here has one certain repair');
    expect(none.text).toMatch(/id="repair-apply" hidden>/);
    const unknown = await pushForm(
      browser,
      { resource: '{}', action: 'mend' },
      { path, headers: { accept: 'application/json' } },
    );
    expect([unknown.status, unknown.json.error.details]).toEqual([
      400,
      [{ path: 'action', message: 'must be repair, applyRepair, importR4 or applyR4' }],
    ]);
  });

  test('does not send what is wrong, and keeps the text', async () => {
    const { bundle, path: place } = brokenBundle();
    const text = JSON.stringify(bundle, null, 2);
    const page = await pushForm(browser, { version: 'stu3', resource: text });
    expect(page.status).toBe(422);
    expect(shownText(page.text)).toBe(text);
    expect(page.text).toContain(place);
  });

  test.each([
    ['an account of nobody', { accountId: '40_none' }, 404],
    ['a version that is none', { version: '5' }, 400],
    ['a key that is none', { idempotencyKey: 'with a blank' }, 400],
  ])('keeps the text after %s, too', async (_what, change, status) => {
    const resource = JSON.stringify(exampleBundle(), null, 2);
    const page = await pushForm(browser, { version: 'stu3', resource, ...change });
    expect([page.status, shownText(page.text)]).toEqual([status, resource]);
  });

  test('keeps a text that is a little too large', async () => {
    const resource = `{"a":"${'x'.repeat(5 * 2 ** 20)}"}`;
    const page = await pushForm(browser, { version: 'stu3', resource });
    expect([page.status, shownText(page.text) === resource]).toEqual([413, true]);
  });

  test('keeps the text after a key that was used for something else, and gives a fresh key', async () => {
    const fields = { version: 'stu3', idempotencyKey: 'used-before' };
    await pushForm(browser, { ...fields, resource: JSON.stringify(exampleBundle()) });
    const resource = JSON.stringify(exampleBundle('weight'));
    const page = await pushForm(browser, { ...fields, resource });
    expect([page.status, shownText(page.text)]).toEqual([409, resource]);
    expect(page.text).toMatch(/name="idempotencyKey" value="[0-9a-f-]{36}"/);
  });
});
