import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectProvider, expectAccessible, launchBrowser } from './visit.js';

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

const provider = 'MedMij Testkliniek Hart & Vaat';

test.each([
  ['with scripts', true],
  ['without scripts', false],
])(
  'a permission is withdrawn at the provider, a push then waits for it, and goes on once it is given again (%s)',
  async (_how, javaScriptEnabled) => {
    const context = await browser.newContext({
      viewport: { width: 390, height: 800 },
      locale: 'en-GB',
      javaScriptEnabled,
      bypassCSP: true,
    });
    const page = await context.newPage();
    const open = (path: string) => page.goto(new URL(path, pair.app.baseUrl).href);
    const before = pair.sandbox.control.provider().deliveries.length;
    await open('/push/provider');
    await connectProvider(page, provider);

    await open('/accounts');
    await page
      .getByRole('link', { name: /Withdraw/ })
      .or(page.getByRole('button', { name: /Withdraw/ }))
      .first()
      .click();
    await page.getByRole('heading', { name: /Withdraw the permission/ }).waitFor();
    if (javaScriptEnabled) await expectAccessible(page);
    await page.locator('main form[method="post"] button').first().click();
    await page.waitForURL(/apps\/saas/);
    await page.locator('button[name="decision"][value="allow"]').click();
    await page.waitForURL(/\/accounts$/);
    await page
      .getByText(/is withdrawn/)
      .first()
      .waitFor();
    if (javaScriptEnabled) await expectAccessible(page);

    await open('/push/provider');
    await page.getByRole('link', { name: 'Blood pressure' }).click();
    await page.getByRole('button', { name: 'Send to the provider' }).click();
    await page.waitForURL(/\/pushes\//);
    await page.locator('#live[data-state="needs-reauthorization"]').waitFor();
    expect(pair.sandbox.control.provider().deliveries).toHaveLength(before);
    const waiting = page.url();

    await page.locator('form[action*="reauthorize"] button').click();
    await page.waitForURL(/apps\/saas|reauthorize/);
    if (!/apps\/saas/.test(page.url())) await page.locator('main form[method="post"] button').first().click();
    await page.waitForURL(/apps\/saas/);
    await page.locator('button[name="decision"][value="allow"]').click();
    await page.waitForURL(/\/accounts/);
    await page.goto(waiting);
    await page.locator('#live[data-state="delivered"]').waitFor();
    expect(pair.sandbox.control.provider().deliveries).toHaveLength(before + 1);
    await context.close();
  },
  180_000,
);
