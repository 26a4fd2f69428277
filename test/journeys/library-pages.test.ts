import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { connectReading, pushAndDeliver } from '../library/reading.js';
import { png } from '../library/samples.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { expectAccessible, launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let cookies: { name: string; value: string; url: string }[];

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  const visitor = pair.browser();
  await visitor.connect('library');
  await visitor.connect('provider');
  await connectReading(visitor);
  const name = `${'a very long name '.repeat(8)}.png`;
  await pushAndDeliver(visitor, png(30), { mimeType: 'image/png', tags: ['t'.repeat(100)] }, name);
  await pushAndDeliver(visitor, '{"a": 1}', { mimeType: 'application/json', reference: ['r1'] }, 'a.json');
  cookies = [...visitor.cookies()].map(([key, value]) => ({ name: key, value, url: pair.app.baseUrl }));
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

async function pageWith(options: { width: number; dark?: boolean; scripts?: boolean }): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: options.width, height: 844 },
    locale: 'en-GB',
    colorScheme: options.dark ? 'dark' : 'light',
    javaScriptEnabled: options.scripts ?? true,
    bypassCSP: true,
  });
  await context.addCookies(cookies);
  const page = await context.newPage();
  return page;
}
const at = (path: string) => new URL(path, pair.app.baseUrl).href;

test.each([
  { width: 1280, dark: false },
  { width: 390, dark: true },
])('the pages are accessible and fit: %j', async (options) => {
  const page = await pageWith(options);
  await page.goto(at('/library'));
  await page.waitForSelector('#live[data-finished="true"]');
  await expectAccessible(page);
  for (const name of ['a.json', 'a very long']) {
    await page.locator('th a', { hasText: name }).first().click();
    await page.getByRole('heading', { name: 'Preview' }).waitFor();
    await expectAccessible(page);
    await page.goBack();
  }
  await page.goto(at('/accounts'));
  await expectAccessible(page);
  for (const deed of ['Allow again', 'Withdraw', 'Delete']) {
    await page.getByRole('link', { name: deed }).first().click();
    await page.getByRole('link', { name: 'Leave it as it is' }).waitFor();
    await expectAccessible(page);
    await page.goBack();
  }
  for (const path of ['/forget', '/']) {
    await page.goto(at(path));
    await expectAccessible(page);
  }
  await page.context().close();
});

test('without scripts the list fills in by itself, and an account is withdrawn and allowed again', async () => {
  const page = await pageWith({ width: 390, scripts: false });
  await page.goto(at('/library?again'));
  await page.getByText('digi.me is opening your library.').waitFor();
  await page.waitForSelector('#live[data-finished="true"]');
  expect(await page.locator('tbody tr').count()).toBe(2);

  const allow = () => page.locator('button[name="decision"][value="allow"]').click();
  await page.goto(at('/accounts'));
  const account = page.locator('.card', { hasText: 'MedMij' });
  await account.getByRole('link', { name: /^Withdraw/ }).click();
  await page.getByRole('button', { name: 'Go to the provider' }).click();
  await allow();
  await account.getByText('Not allowed').waitFor();
  await account.getByRole('link', { name: /^Allow again/ }).click();
  await page.getByRole('button', { name: 'Go to digi.me' }).click();
  await allow();
  await account.getByText('Allowed', { exact: true }).waitFor();
  await account.getByRole('link', { name: /^Delete/ }).click();
  await page.getByRole('button', { name: 'Delete the account' }).click();
  await page.getByText('is deleted').waitFor();
  expect(await account.count()).toBe(0);
  await page.context().close();
});
