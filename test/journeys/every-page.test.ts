import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { expectAccessible, expectColoursReadable, expectFitsPhones, launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
/** A visitor for whom no page is empty, and the pages of their pushes. */
let storageState: Awaited<ReturnType<BrowserContext['storageState']>>;
let pushes: string[];

beforeAll(async () => {
  // What is to be tried again waits for longer than the test takes.
  pair = await startPair({ env: { PUSH_BACKOFF_BASE_MS: '3600000', PUSH_BACKOFF_CAP_MS: '3600000' } });
  browser = await launchBrowser();
  const context = await browser.newContext({ locale: 'en-GB' });
  pushes = await fillPages(await context.newPage());
  storageState = await context.storageState();
  await context.close();
}, 180_000);
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
  pair.sandbox.control.addFault({ route: 'import', status: 503, times: 1 });
  const waiting = await send('later.txt');
  await eventually(
    'its first attempt',
    async () => (await page.request.get(open(waiting), { headers: { accept: 'application/json' } })).json(),
    ({ state, attempts }) => state === 'queued' && attempts.length === 1,
  );
  return [delivered, failed, waiting];
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
];

/** They change the language of a visitor, and come after the others. */
const inDutch = ['/?lang=nl', '/push?lang=nl'];

/** Too much in them for axe to look at in every variant: they have journeys of their own, and only have to fit here. */
const ofDevelopers = ['/studio', '/docs', '/inspector/protocol'];

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 800 };
const phone = { viewport: { width: 320, height: 800 }, hasTouch: true, bypassCSP: true };

/** Opens each page once, in one of two windows of a visitor: while one waits the other one computes. */
async function visitEach(
  paths: readonly string[],
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
  watch: (context: BrowserContext) => void = () => {},
): Promise<void> {
  const left = [...paths];
  const faults: string[] = [];
  const visitInWindow = async () => {
    const context = await browser.newContext({ viewport: wide, locale: 'en-GB', ...options });
    watch(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      await page.goto(open(path));
      await look(page);
    }
    await context.close();
  };
  await Promise.all([visitInWindow(), visitInWindow()]);
  expect(faults).toEqual([]);
}

/** The server and the scripts know neither the width nor the dark: what differs is what is shown, and its colours. */
async function expectAccessibleEverywhere(page: Page): Promise<void> {
  for (const size of [wide, narrow]) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: 'light' });
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectColoursReadable(page);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(wide);
}

describe('axe finds nothing on any page and nothing sticks out, wide and narrow, light and dark,', () => {
  test('before anything is connected', async () => {
    await visitEach(fixed, { bypassCSP: true }, expectAccessibleEverywhere);
    await visitEach(inDutch, { bypassCSP: true }, expectAccessibleEverywhere);
  }, 300_000);

  test('and once there is something to show', async () => {
    const known = { bypassCSP: true, storageState };
    await visitEach([...fixed, ...pushes], known, expectAccessibleEverywhere);
    await visitEach(inDutch, known, expectAccessibleEverywhere);
  }, 300_000);
});

describe('every page fits the smallest phone', () => {
  test('before anything is connected', async () => {
    await visitEach(fixed, phone, expectFitsPhones);
    await visitEach(inDutch, phone, expectFitsPhones);
  }, 300_000);

  test('and once there is something to show, with the longest words and all raw facts, where axe finds nothing either', async () => {
    const context = await browser.newContext({ ...phone, storageState });
    const page = await context.newPage();
    await page.goto(open('/?lang=nl'));
    await page.locator('#developer-view').click();
    const developer = { ...phone, storageState: await context.storageState() };
    await visitEach([...fixed, ...pushes], developer, async (each) => {
      expect(await each.locator('html').getAttribute('lang')).toBe('nl');
      await expectAccessible(each);
      await expectFitsPhones(each);
    });
    await visitEach([...ofDevelopers, `${pair.sandbox.url}/sandbox/library`], developer, expectFitsPhones);
    await page.goto(open('/push/provider/sources'));
    await page.locator('main form[action="/authorize"] button').first().click();
    await page.waitForURL(/apps\/saas/);
    await expectFitsPhones(page);
    await context.close();
  }, 300_000);
});

test('no page asks for anything elsewhere or breaks its own content policy', async () => {
  const wrong: string[] = [];
  const own = [pair.app.baseUrl, pair.sandbox.url];
  const watch = (context: BrowserContext) => {
    context.on('request', (request) => {
      if (!own.some((base) => request.url().startsWith(base)) && !request.url().startsWith('data:'))
        wrong.push(request.url());
    });
    context.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) wrong.push(message.text());
    });
  };
  const settle = (page: Page) => page.waitForLoadState('networkidle');
  await visitEach([...fixed, ...inDutch, ...pushes], { storageState }, settle, watch);
  expect(wrong).toEqual([]);
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
  for (const path of [...fixed, ...inDutch]) {
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
