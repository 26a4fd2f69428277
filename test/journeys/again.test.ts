import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** The status of each page that came, and what its Retry-After said. */
let answers: { status: number; retryAfter: string | undefined }[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-GB' });
  page = await context.newPage();
  // The page's own time, so that nobody has to wait for it.
  await page.clock.install();
  answers = [];
  page.on('response', (answer) => {
    if (answer.request().isNavigationRequest())
      answers.push({ status: answer.status(), retryAfter: answer.headers()['retry-after'] });
  });
});
afterEach(async () => {
  await context.close();
  await pair.close();
});

const at = (path: string) => new URL(path, pair.app.baseUrl).href;
const line = () => page.locator('#again');
const seconds = async () => Number(await line().getAttribute('data-seconds'));

/** Lets the page's time pass, and waits until it has asked for itself again and stands there anew. */
async function again(afterSeconds: number): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.clock.runFor(afterSeconds * 1000);
  await loaded;
}

test('a 502 on the way back from digi.me is asked for again by itself, and connects once digi.me answers', async () => {
  pair = await startPair();
  pair.sandbox.control.addFault({ route: 'token', status: 503, times: 1000 });
  await page.goto(at('/push'));
  await page.locator('form[action="/authorize"] button').first().click();
  await page.locator('button[name="decision"][value="allow"]').click();
  await line().waitFor();
  expect(answers.at(-1)?.status).toBe(502);
  expect(await line().textContent()).toMatch(/tried again by itself/);
  pair.sandbox.control.clearFaults();
  await again(await seconds());
  await page.waitForURL(/\/push$/);
  await page.locator('#upload').waitFor();
});

test('a 429 is asked for again after what it says, each time later, and no more than five times', async () => {
  // A clock that stands still, so that its minute is not over before the test is.
  const now = Date.now();
  pair = await startPair({ env: { RATE_LIMIT_CALLBACKS_PER_MINUTE: '1' }, now: () => now });
  const cancelled = at('/return?success=false&errorCode=USER_CANCEL');
  await page.goto(cancelled);
  await page.goto(cancelled);
  expect(answers.map(({ status }) => status).at(-1)).toBe(429);
  expect(answers.at(-1)?.retryAfter).toBe(String(await seconds()));
  for (let tries = 0; tries < 5; tries++) {
    expect(await line().isVisible()).toBe(true);
    const asked = answers.length;
    const wait = (await seconds()) * 2 ** tries;
    await page.clock.runFor((wait - 1) * 1000);
    expect(answers).toHaveLength(asked);
    await again(1);
  }
  expect(await line().isVisible()).toBe(false);
  const asked = answers.length;
  await page.clock.runFor(3600_000);
  expect(answers).toHaveLength(asked);
  expect(await page.getByRole('link', { name: 'Try again' }).count()).toBe(1);
});
