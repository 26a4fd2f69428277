import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type InspectedApp, startInspectedApp } from '../inspector/inspected-app.js';
import { expectAccessible, launchBrowser } from './visit.js';

let inspected: InspectedApp;
let browser: Browser;
let context: BrowserContext;
const faults: string[] = [];

beforeAll(async () => {
  inspected = await startInspectedApp();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await inspected.close();
});
afterEach(async () => {
  inspected.sandbox.control.clearFaults();
  await context.close();
  expect(faults.splice(0)).toEqual([]);
});

const open = (path: string) => new URL(path, inspected.app.baseUrl).href;
const visit = async (options: Parameters<Browser['newContext']>[0] = {}) => {
  context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 900 }, locale: 'en-GB', bypassCSP: true },
    ...options,
  });
  context.on('weberror', (error) => faults.push(error.error().message));
  return context.newPage();
};
const connect = async (page: Page) => {
  await page.goto(open('/'));
  await page.locator('form[action="/authorize"] button').first().click();
  await page.locator('button[name="decision"][value="allow"]').click();
  await page.waitForURL(/\/push/);
};
const send = async (name: string) => {
  const answer = await context.request.post(open('/push/library'), {
    headers: { accept: 'application/json' },
    multipart: {
      fileMeta: JSON.stringify({ mimeType: 'text/plain', accounts: [{ accountId: 'me' }] }),
      file: { name, mimeType: 'text/plain', buffer: Buffer.from(`content of ${name}`) },
    },
  });
  return (await answer.json()) as { links: { self: string } };
};

test('an inspector that was open before the first visit grows while somebody connects and sends', async () => {
  const page = await visit();
  const watching = await context.newPage();
  await watching.goto(open('/inspector'));
  await watching.getByText('Nothing has been said yet').waitFor();
  await expectAccessible(watching);
  await connect(page);
  await watching.bringToFront();
  await watching.getByText('Exchange the code for tokens').first().waitFor();
  await watching.getByText('Live: grows by itself').waitFor();
  await send('a.txt');
  await watching.locator('li.exchange', { hasText: 'Push a file to the library' }).waitFor();
  await watching
    .locator('#news', { hasText: 'the latest: The push changed its state' })
    .waitFor({ state: 'attached' });
  const numbers = await watching.locator('li.exchange .step-no').allTextContents();
  expect(numbers).toEqual(numbers.map((_text, index) => String(index + 1)));
  await expectAccessible(watching);

  await watching.getByRole('button', { name: 'Clear' }).click();
  await watching.getByText('Nothing has been said yet').waitFor();
});

test.each([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'a step opens by keyboard to tabs that the arrow keys walk through (%s, %i)',
  async (colorScheme, width) => {
    const page = await visit({ colorScheme, viewport: { width, height: 800 } });
    await connect(page);
    await page.goto(open('/inspector'));
    await page.locator('li.exchange', { hasText: 'Ask to authorize' }).locator('summary').focus();
    await page.keyboard.press('Enter');
    const means = page.getByRole('tab', { name: 'What it means' });
    await means.waitFor();
    await page.keyboard.press('Tab');
    expect(await means.evaluate((tab) => tab.matches(':focus'))).toBe(true);
    await page.keyboard.press('ArrowRight');
    await page
      .getByRole('tabpanel', { name: 'TypeScript' })
      .getByText('await sdk.getAuthorizeUrl(')
      .waitFor();
    await page.keyboard.press('End');
    await page.getByRole('tabpanel', { name: 'curl' }).getByText('$DIGIME_JWT').first().waitFor();
    expect(await page.getByRole('tabpanel').count()).toBe(1);
    await expectAccessible(page);
    await page.goto(open('/inspector?view=timeline'));
    await expectAccessible(page);
  },
);

test('without scripts the steps open all the same, and lead to everything in them', async () => {
  const page = await visit({ javaScriptEnabled: false });
  await connect(page);
  await page.goto(open('/inspector'));
  const first = page.locator('li.exchange', { hasText: 'Ask to authorize' });
  expect(await first.getByText('await sdk.getAuthorizeUrl(').isVisible()).toBe(false);
  await first.locator('summary').click();
  await first.getByRole('link', { name: 'Show everything about this step' }).click();
  for (const words of ['await sdk.getAuthorizeUrl(', '--header "Authorization: Bearer $DIGIME_JWT"', 'S256'])
    expect(await first.getByText(words).first().isVisible()).toBe(true);
});

test('without scripts two calls can be compared, by their numbers and by a link', async () => {
  const page = await visit({ javaScriptEnabled: false });
  await connect(page);
  await page.goto(open('/inspector'));
  const numbers = await page.locator('li.exchange:has(.is-answer.digime-to-app) .step-no').allTextContents();
  await page.getByLabel('Compare step').fill(numbers[0] ?? '');
  await page.getByLabel('with step').fill(numbers[1] ?? '');
  await page.getByRole('button', { name: 'Compare' }).click();
  const diff = page.locator('#diff');
  expect(await diff.locator('del', { hasText: '"nonce"' }).count()).toBe(1);
  expect(await diff.locator('ins', { hasText: '"nonce"' }).count()).toBe(1);
  await diff.getByRole('link', { name: 'Close the comparison' }).click();
  expect(await page.locator('#diff').count()).toBe(0);
});

test.each([
  ['sequence', 1280],
  ['timeline', 390],
] as const)('the page stands still while it comes up and is followed (%s, %i)', async (view, width) => {
  const page = await visit({ viewport: { width, height: 800 } });
  await connect(page);
  await page.addInitScript(`window.moved = 0;
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) window.moved += value; })
      .observe({ type: 'layout-shift', buffered: true });`);
  await page.goto(open(`/inspector?view=${view}`));
  await page.getByText('Live: grows by itself').waitFor();
  expect(await page.evaluate('window.moved')).toBeLessThan(0.05);
});

test('the bars of the timeline stand on one axis: an answer that was waited for begins later and is wider', async () => {
  const page = await visit();
  await connect(page);
  inspected.sandbox.control.addFault({ route: 'import', times: 1, delayMs: 2000 });
  await page.goto(open('/inspector?view=timeline'));
  await page.getByText('Live: grows by itself').waitFor();
  await send('slow.txt');
  const push = page.locator('li.exchange', { hasText: 'Push a file to the library' });
  await push.waitFor();
  const widthOf = async (title: string) =>
    (await page.locator('li.exchange', { hasText: title }).locator('.bar > rect').first().boundingBox()) ?? {
      x: 0,
      width: 0,
    };
  const [first, slow] = [await widthOf('Ask to authorize'), await widthOf('Push a file to the library')];
  expect(slow.width).toBeGreaterThan(first.width);
  expect(slow.x).toBeGreaterThan(first.x + first.width);
  expect(await page.locator('.axis-marks text').count()).toBeGreaterThan(1);
  await expectAccessible(page);
});

test.each([
  ['with scripts', true],
  ['without scripts', false],
])(
  'what if the next push fails: it is switched on by a button, and the push recovers (%s)',
  async (_name, scripts) => {
    const page = await visit({ javaScriptEnabled: scripts });
    await connect(page);
    await page.goto(open('/inspector'));
    await page.getByRole('link', { name: 'What if …?' }).click();
    await page.getByRole('button', { name: 'Answer 503' }).click();
    await page.getByText('The next push of a file is answered with 503.').waitFor();
    if (scripts) await expectAccessible(page);
    const { links } = await send('b.txt');
    await page.goto(open(links.self));
    await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
    expect(await page.locator('main').textContent()).toContain('503');
    await page.goto(open('/what-if'));
    await page.getByText('Nothing. All calls are answered as they should be.').waitFor();
  },
);
