import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { exampleBundle } from '../push/provider/provider-requests.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectProvider, expectAccessible, launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', bypassCSP: true });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(new URL('/push/provider', pair.app.baseUrl).href);
});
afterEach(async () => {
  await page.close();
  expect(faults.splice(0)).toEqual([]);
});

const text = () => page.getByLabel('The bundle as JSON');
const news = (words: string) => page.locator('#result-news', { hasText: words }).waitFor();
const deliveries = () => pair.sandbox.control.provider().deliveries;
/** Where the cursor stands, counted from 1. */
const cursor = () =>
  text().evaluate((area) => {
    const { value, selectionStart } = area as unknown as { value: string; selectionStart: number };
    const before = value.slice(0, selectionStart).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  });

test('connect, take an example, break it, mend it, send it, and find every entry at the provider', async () => {
  await expectAccessible(page);
  await connectProvider(page, 'MedMij Testkliniek Hart & Vaat');
  await page.getByRole('link', { name: 'Blood pressure' }).click();
  await news('Nothing is wrong with it');
  await expectAccessible(page);

  const good = await text().inputValue();
  await text().fill(good.replace('"value": 127', '"value": "127"'));
  await news('There is one thing to put right.');
  await page.getByText('entry[1].resource.component[0].valueQuantity.value').waitFor();
  const line = good.split('\n').findIndex((row) => row.includes('"value": 127')) + 1;
  await page.getByRole('link', { name: `Line ${line}, column 15` }).click();
  expect(await cursor()).toEqual({ line, column: 15 });
  expect(await text().evaluate((area) => area.matches(':focus'))).toBe(true);
  await page.locator('#numbers .is-error', { hasText: String(line) }).waitFor();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.locator('#result:focus').waitFor();
  expect(await text().inputValue()).toContain('"value": "127"');
  expect(deliveries()).toEqual([]);

  await text().fill(good);
  await news('Nothing is wrong with it');
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  await page.getByText('The provider took all 2 entries of the bundle.').waitFor();
  expect(await page.getByRole('cell', { name: '201 Created' }).count()).toBe(2);
  await expectAccessible(page);
  expect(deliveries()).toMatchObject([{ resource: exampleBundle(), version: 'stu3', count: 1 }]);
});

test('text that is no JSON is marked where it breaks, and Format makes one line many', async () => {
  await text().fill('{\n  "resourceType": "Bundle"\n  "type": "batch"\n}');
  await page.getByRole('link', { name: 'Line 3, column 3' }).click();
  expect(await cursor()).toEqual({ line: 3, column: 3 });
  await page.locator('#bands .is-error').waitFor();
  await text().fill(JSON.stringify(exampleBundle('weight')));
  await page.getByRole('button', { name: 'Format' }).click();
  const laidOut = JSON.stringify(exampleBundle('weight'), null, 2);
  await eventually('many lines', async () => (await text().inputValue()) === laidOut);
});

test('a file and an example can be taken back again', async () => {
  await text().fill('what I wrote');
  await page.getByRole('link', { name: 'Questionnaire' }).click();
  await news('Nothing is wrong with it');
  await page.getByRole('button', { name: 'Put back what was there' }).click();
  expect(await text().inputValue()).toBe('what I wrote');
  const buffer = Buffer.from(JSON.stringify(exampleBundle('document')));
  await page
    .getByLabel('From a file')
    .setInputFiles({ name: 'b.json', mimeType: 'application/json', buffer });
  await news('Nothing is wrong with it');
  expect(JSON.parse(await text().inputValue())).toEqual(exampleBundle('document'));
});

test('a lost connection loses no text, and sending again sends once', async () => {
  await connectProvider(page, 'MedMij Testhuisarts De Linde');
  const before = deliveries().length;
  await page.getByRole('link', { name: 'Weight' }).click();
  await news('Nothing is wrong with it');
  await page.route('**/push/provider', async (route) => {
    // The server gets it; only its answer is lost.
    await route.fetch();
    await route.abort();
  });
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await news('The connection was lost.');
  expect(JSON.parse(await text().inputValue())).toEqual(exampleBundle('weight'));
  await page.unroute('**/push/provider');
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(deliveries().slice(before)).toMatchObject([{ count: 1 }]);
});

test('a refused entry stands out on the page of the push', async () => {
  await connectProvider(page, 'MedMij Testlaboratorium Delta');
  const issue = [{ severity: 'error', code: 'invalid', diagnostics: 'no such patient here' }];
  const refused = { status: '422', outcome: { resourceType: 'OperationOutcome', issue } };
  const body = {
    resourceType: 'Bundle',
    type: 'batch-response',
    entry: [{ response: { status: '201 Created' } }, { response: refused }],
  };
  pair.sandbox.control.addFault({ route: 'provider-import', times: 1, status: 200, body });
  await page.getByRole('link', { name: 'Weight' }).click();
  await news('Nothing is wrong with it');
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.getByText('The provider refused 1 of 2 entries.').waitFor();
  await page.getByRole('cell', { name: 'no such patient here' }).waitFor();
  await expectAccessible(page);
});
