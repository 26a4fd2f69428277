import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectProvider, launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

test.each([true, false])('a weight is filled in and sent (scripts: %s)', async (javaScriptEnabled) => {
  const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Asia/Kolkata', javaScriptEnabled });
  await page.goto(new URL('/push/provider', pair.app.baseUrl).href);
  await connectProvider(page, 'MedMij Testziekenhuis Noorderlicht');
  await page.getByRole('link', { name: 'Make one with a form' }).click();
  await page.getByRole('link', { name: /Body weight/ }).click();
  await page.getByLabel('Weight', { exact: true }).fill('78,4');
  await page.getByLabel('When you measured').fill('2024-03-14T07:42');
  await page.getByLabel('First name').fill('Noor');
  await page.getByLabel('Last name').fill('Zandstra');
  if (!javaScriptEnabled) await page.getByRole('button', { name: 'Show the message' }).click();
  // The value stands beside the form, in the line that its place leads to.
  await page.locator('.make-line.is-filled', { hasText: '"value": 78.4' }).waitFor();
  await page.getByRole('link', { name: 'entry[1].resource.valueQuantity.value' }).waitFor();
  await page.getByText('Complete: ready to continue.').waitFor();
  if (javaScriptEnabled) {
    await page.getByLabel('Weight', { exact: true }).focus();
    await page.locator('.make-line.is-here', { hasText: '78.4' }).waitFor();
  }
  await page.getByRole('button', { name: 'Continue to sending' }).click();
  await page.getByText('Nothing is wrong with it: ready to send.').waitFor();
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  // biome-ignore lint/suspicious/noExplicitAny: the test looks into the bundle freely
  const { resource } = pair.sandbox.control.provider().deliveries.at(-1) as any;
  expect(resource.entry[1].resource).toMatchObject({
    effectiveDateTime: `2024-03-14T07:42:00${javaScriptEnabled ? '+05:30' : '+01:00'}`,
    valueQuantity: { value: 78.4, code: 'kg' },
  });
  await page.close();
});
