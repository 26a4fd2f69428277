import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { exampleBundle } from '../push/provider/provider-requests.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectProvider, launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  page = await browser.newPage({
    viewport: { width: 390, height: 844 },
    locale: 'en-GB',
    javaScriptEnabled: false,
  });
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

const text = () => page.getByLabel('The bundle as JSON');
const deliveries = () => pair.sandbox.control.provider().deliveries;

test('the whole way works without scripts: connect, example, break, mend, send', async () => {
  await page.goto(new URL('/push/provider', pair.app.baseUrl).href);
  await connectProvider(page, 'MedMij Testziekenhuis Noorderlicht');
  await page.getByRole('link', { name: 'Blood pressure' }).click();
  const good = await text().inputValue();
  expect(JSON.parse(good)).toEqual(exampleBundle());

  const broken = good.replace('"value": 127', '"value": "127"');
  await text().fill(broken);
  await page.getByLabel('FHIR version').selectOption('3.0.2');
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText('There is one thing to put right.').waitFor();
  await page.getByText('entry[1].resource.component[0].valueQuantity.value').waitFor();
  // Nobody counts lines by hand: the line itself is shown.
  await page.locator('#problems').getByText('"value": "127"').waitFor();
  expect(await text().inputValue()).toBe(broken);

  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.getByRole('heading', { name: 'The record is not right yet' }).waitFor();
  expect(await text().inputValue()).toBe(broken);
  expect(deliveries()).toEqual([]);

  await text().fill(good);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.getByText('Nothing is wrong with it: ready to send.').waitFor();
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  await page.getByText('The provider took all 2 entries of the bundle.').waitFor();
  expect(deliveries()).toMatchObject([{ resource: exampleBundle(), version: '3.0.2', count: 1 }]);
});

test('a file is sent as it was chosen, and one line becomes many by Format', async () => {
  await page.goto(new URL('/push/provider', pair.app.baseUrl).href);
  const buffer = Buffer.from(JSON.stringify(exampleBundle('weight')));
  await page
    .getByLabel('From a file')
    .setInputFiles({ name: 'w.json', mimeType: 'application/json', buffer });
  await page.getByRole('button', { name: 'Format' }).click();
  expect(await text().inputValue()).toBe(JSON.stringify(exampleBundle('weight'), null, 2));
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(deliveries().at(-1)).toMatchObject({ resource: exampleBundle('weight') });
});

test('a return that names no account is said, and choosing one is the way on', async () => {
  // digi.me lists nobody when the callback is matched, and everybody when the person is asked.
  pair.sandbox.control.addFault({ route: 'accounts', times: 1, status: 200, body: [] });
  await page.goto(new URL('/push/provider/sources', pair.app.baseUrl).href);
  await page.getByRole('button', { name: 'Connect MedMij Testapotheek De Vijzel' }).click();
  await page.waitForURL(/apps\/saas/);
  await page.locator('button[name="decision"][value="allow"]').click();
  await page.getByRole('heading', { name: 'Which account is it?' }).waitFor();
  await page.getByRole('radio', { name: /De Vijzel/ }).check();
  await page.getByRole('button', { name: 'Use this account' }).click();
  expect(await page.getByRole('heading', { name: 'Which account is it?' }).count()).toBe(0);
  expect(await page.locator('#accountId option:checked').textContent()).toBe('MedMij Testapotheek De Vijzel');
});
