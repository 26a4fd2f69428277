import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  [pair, browser] = await Promise.all([startPair(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

test('the description is shown and tried out under the policy of all pages, with nothing from elsewhere', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin);
  });
  await page.goto(`${pair.app.baseUrl}docs`);
  await page.locator('#operations-Running_it-getHealthz').getByRole('button').first().click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  expect(await page.locator('.live-responses-table').textContent()).toContain('"status": "ok"');
  expect(complaints).toEqual([]);
  expect([...hosts]).toEqual([new URL(pair.app.baseUrl).origin]);
  await page.close();
}, 180_000);
