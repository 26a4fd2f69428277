import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { expectAccessible, expectFitsPhones, launchBrowser } from './visit.js';

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

const open = (path: string) => new URL(path, pair.app.baseUrl).href;
const allow = (page: Page) => page.locator('button[name="decision"][value="allow"]').click();

/** Connects, pushes one file, lets another one fail and a third one wait, so that no page is empty. */
async function fillPages(page: Page): Promise<string[]> {
  await page.goto(open('/?lang=en'));
  await page
    .getByRole('button', { name: /library/i })
    .first()
    .click();
  await allow(page);
  await page.waitForURL(/\/push$/);
  const send = async (name: string) => {
    const answer = await page.request.post(open('/push/library'), {
      headers: { accept: 'application/json' },
      multipart: {
        fileMeta: JSON.stringify({
          mimeType: 'text/plain',
          accounts: [{ accountId: 'me' }],
          tags: ['a tag'],
        }),
        file: { name, mimeType: 'text/plain', buffer: Buffer.from(name) },
      },
    });
    const { links } = (await answer.json()) as { links: { self: string } };
    return links.self;
  };
  const settled = async (path: string) => {
    await page.goto(open(path));
    await page.locator('#live[data-final="true"]').waitFor();
    return path;
  };
  const delivered = await settled(
    await send('a letter with a rather long name, so that it has to be broken somewhere.txt'),
  );
  pair.sandbox.control.addFault({ route: 'import', status: 422, times: 1 });
  const failed = await settled(await send('refused.txt'));
  pair.sandbox.control.addFault({
    route: 'import',
    status: 503,
    times: 1,
    headers: { 'Retry-After': '3600' },
  });
  return [delivered, failed];
}

const fixed = [
  '/',
  '/push',
  '/pushes',
  '/push/provider',
  '/push/provider/make',
  '/push/provider/make/blood-pressure',
  '/push/provider/make/document',
  '/push/provider/make/questionnaire?sample=yes',
  '/push/provider/sources',
  '/library',
  '/accounts',
  '/inspector',
  '/inspector?view=timeline',
  '/what-if',
  '/forget',
  '/nowhere',
  '/return?success=false&errorCode=SERVER_ERROR',
  '/?lang=nl',
  '/push?lang=nl',
];

/** Too much in them for axe to look at in every variant: they have journeys of their own, and only have to fit here. */
const ofDevelopers = ['/studio', '/docs', '/inspector/protocol'];

describe.each([
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
  [320, 'light'],
] as const)('at %i pixels, %s', (width, colorScheme) => {
  const isPhone = width === 320;
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];
  beforeAll(async () => {
    context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme,
      locale: 'en-GB',
      bypassCSP: true,
      hasTouch: isPhone,
    });
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
  });
  afterAll(() => context.close());

  test('before anything is connected, axe finds nothing on any page and nothing sticks out', async () => {
    for (const path of fixed) {
      await page.goto(open(path));
      await expectAccessible(page);
      if (isPhone) await expectFitsPhones(page);
    }
  }, 300_000);

  test('nor once there is something to show', async () => {
    const pushes = await fillPages(page);
    // The longest words and all raw facts where there is the least room.
    if (isPhone) {
      await page.goto(open('/?lang=nl'));
      await page.locator('#developer-view').click();
    }
    for (const path of [...fixed, ...pushes]) {
      await page.goto(open(path));
      await expectAccessible(page);
      if (isPhone) await expectFitsPhones(page);
    }
    if (isPhone) {
      for (const path of [...ofDevelopers, `${pair.sandbox.url}/sandbox/library`]) {
        await page.goto(open(path));
        await expectFitsPhones(page);
      }
      await page.goto(open('/push/provider/sources'));
      await page.locator('main form[action="/authorize"] button').first().click();
      await page.waitForURL(/apps\/saas/);
      await expectFitsPhones(page);
    }
    expect(faults).toEqual([]);
  }, 300_000);
});

test('no page asks for anything elsewhere or breaks its own content policy', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  const wrong: string[] = [];
  const own = [pair.app.baseUrl, pair.sandbox.url];
  page.on('request', (request) => {
    if (!own.some((base) => request.url().startsWith(base)) && !request.url().startsWith('data:'))
      wrong.push(request.url());
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) wrong.push(message.text());
  });
  const pushes = await fillPages(page);
  for (const path of [...fixed, ...pushes])
    await page.goto(open(path), { waitUntil: 'networkidle' }).catch(() => page.goto(open(path)));
  expect(wrong).toEqual([]);
  await context.close();
}, 300_000);

test('without scripts every page still has one heading, a way on, and nothing that only scripts can do', async () => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 800 },
    locale: 'en-GB',
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  await page.goto(open('/'));
  await page
    .getByRole('button', { name: /library/i })
    .first()
    .click();
  await allow(page);
  for (const path of fixed) {
    await page.goto(open(path));
    expect(await page.locator('h1:visible').count()).toBe(1);
    expect(await page.locator('main a:visible, main button:visible').count()).toBeGreaterThan(0);
    expect(await page.locator('button[type="button"]:visible').allTextContents()).toEqual([]);
  }
  await context.close();
}, 300_000);

test('the keyboard alone leads from the first page to a delivered file', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  const tabTo = async (name: RegExp) => {
    for (let count = 0; count < 60; count++) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate(
        'document.activeElement.innerText || document.activeElement.name || ""',
      );
      const outlined = await page.evaluate(
        'getComputedStyle(document.activeElement).outlineStyle !== "none" || getComputedStyle(document.activeElement).boxShadow !== "none"',
      );
      expect(outlined).toBe(true);
      if (name.test(String(text))) return;
    }
    throw new Error(`the keyboard never came to ${name}`);
  };
  await page.goto(open('/'));
  await tabTo(/Connect your digi\.me library/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/apps\/saas/);
  await tabTo(/^Allow/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/push$/);
  await page
    .locator('#file')
    .setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('by keyboard') });
  await page.locator('#tags').focus();
  await tabTo(/Send to the library/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  await context.close();
}, 180_000);
