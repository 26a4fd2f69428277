import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { expectAccessible, launchBrowser } from './visit.js';

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

const send = (page: Page) => page.locator('.held button[value="send"]').click();

test.each([
  ['a wide screen', 1280, 'light', 'en'],
  ['a phone', 390, 'dark', 'nl'],
] as const)(
  'on %s a person connects in the phone while each call is held, broken and put right',
  async (_name, width, colorScheme, lang) => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      bypassCSP: true,
    });
    await context.addCookies(
      Object.entries({ view: 'developer', lang }).map(([name, value]) => ({
        name,
        value,
        url: pair.app.baseUrl,
      })),
    );
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(new URL('/studio', pair.app.baseUrl).href);
    await expectAccessible(page);
    const phone = page.frameLocator('#screen');
    await phone.locator('form[action="/authorize"] button').first().click();
    await page.locator('.held').waitFor();
    await page.locator('.try').first().click();
    expect(await page.locator('.is-changed input[name="claim.redirect_uri"]').inputValue()).toContain(
      'elsewhere',
    );
    await send(page);
    await page.locator('.held.is-refused').waitFor();
    expect(await page.locator('.refusal-code').textContent()).toContain('InvalidRedirectUri');
    await expectAccessible(page);
    await page.locator('[data-reset]').click();
    await send(page);
    await phone.locator('button[name="decision"][value="allow"]').click();
    await page.locator('[data-call="exchangeCodeForToken"]').waitFor();
    await page.locator('.held button[value="continue"]').click();
    await phone.locator('input[type="file"]').first().waitFor({ state: 'attached' });
    await page.locator('#pause[aria-checked="false"]').waitFor();
    await page.locator('#exchanges > li').nth(5).waitFor({ state: 'attached' });
    expect(faults).toEqual([]);
    await context.close();
  },
);
