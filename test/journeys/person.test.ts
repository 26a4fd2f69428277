import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  // So long that a push that waits is met waiting.
  const slow = { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' };
  pair = await startPair({ env: slow });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});
afterEach(() => context.close());

const at = (path: string) => new URL(path, pair.app.baseUrl).href;
const allow = () => page.locator('button[name="decision"][value="allow"]').click();
const headingTop = () => page.locator('h1').evaluate((h1) => h1.getBoundingClientRect().top);
const bottomOf = (selector: string) =>
  page.locator(selector).evaluate((element) => element.getBoundingClientRect().bottom);
/** What a person can read: nothing of what is closed or hidden. */
// biome-ignore lint/performance/useDomNodeTextContent: what is hidden must not count
const readable = () => page.locator('body').innerText();

async function open(options: {
  width: number;
  colorScheme: 'light' | 'dark';
  locale: string;
}): Promise<void> {
  const { width, ...others } = options;
  context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 800 }, ...others });
  page = await context.newPage();
}

async function connect(): Promise<void> {
  await page.goto(at('/push'));
  await page.locator('form[action="/authorize"] button').first().click();
  await allow();
  await page.waitForURL(/\/push$/);
}

/** How many files the browser keeps; where the page has made no store yet, this makes none either. */
const keptCount = () =>
  page.evaluate(`new Promise((resolve) => {
    const opening = indexedDB.open('push-to-digime', 1);
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
      const counting = opening.result.transaction('files').objectStore('files').count();
      counting.onsuccess = () => resolve(counting.result);
      opening.result.close();
    };
  })`);
const textFile = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`this is ${name}`) });
const choose = async (...names: string[]) => {
  await page.locator('#file').setInputFiles(names.map(textFile));
  await page
    .locator('.file-row')
    .nth(names.length - 1)
    .waitFor();
};

describe.each([
  { width: 390, colorScheme: 'light', locale: 'en-GB' },
  { width: 390, colorScheme: 'dark', locale: 'nl-NL' },
  { width: 1280, colorScheme: 'light', locale: 'nl-NL' },
  { width: 1280, colorScheme: 'dark', locale: 'en-GB' },
] as const)('at $width pixels, $colorScheme, $locale', (options) => {
  beforeEach(() => open(options));

  test('from no connection to a delivered letter, with everything needed on the first screen and nothing raw', async () => {
    const response = await page.goto(at('/push'));
    expect(response?.status()).toBe(200);
    expect(await headingTop()).toBeLessThan(160);
    await page.locator('form[action="/authorize"] button').first().click();
    await allow();
    await page.waitForURL(/\/push$/);
    await page.locator('#sample').click();
    await page.locator('.file-row').waitFor();
    await page.locator('#tags').fill('letter');
    expect(await headingTop()).toBeLessThan(160);
    for (const selector of ['.file-row .file-name', '#tags', '#send'])
      expect(await bottomOf(selector)).toBeLessThan(options.width === 390 ? 844 : 800);
    const raw = /application\/pdf|accountId|fileMeta|MIME|SHA-256|[0-9a-f]{32}/;
    expect(await readable()).not.toMatch(raw);
    await page.locator('#send').click();
    await page.waitForURL(/\/pushes\//);
    await page.locator('.verdict.is-delivered').waitFor();
    expect(await headingTop()).toBeLessThan(160);
    expect(await readable()).not.toMatch(raw);
    expect(await page.locator('.steps .is-done').count()).toBe(4);
    await page.locator('#raw-facts > summary').click();
    expect(await readable()).toMatch(/[0-9a-f]{64}/);
    expect(pair.sandbox.control.library().files.at(-1)?.descriptor).toMatchObject({
      mimeType: 'application/pdf',
      tags: ['letter'],
    });
  });

  test('the developer view shows the raw facts and the developer’s pages', async () => {
    await connect();
    await page.locator('#developer-view').click();
    await page.waitForURL(/\/push$/);
    await page.locator('#fileMeta').waitFor({ state: 'visible' });
    await page.getByRole('link', { name: 'Inspector' }).first().waitFor();
    expect(await page.locator('#developer-view').getAttribute('aria-checked')).toBe('true');
  });
});

describe('a person who sends', () => {
  beforeEach(async () => {
    await open({ width: 1280, colorScheme: 'light', locale: 'en-GB' });
    await connect();
  });

  test('is told what is wrong before a byte travels', async () => {
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await page
      .locator('#file')
      .setInputFiles({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
    await page.getByText('empty.txt is empty').waitFor();
    await page.locator('#file').setInputFiles({
      name: 'photo.png',
      mimeType: 'image/png',
      buffer: Buffer.from('not a picture at all'),
    });
    await page.locator('.file-row').waitFor();
    await page.locator('#send').click();
    await page.getByText('does not begin the way such a file does').first().waitFor();
    await page.locator('#mimeType').fill('text/plain');
    await page.locator('#tags').fill('x'.repeat(300));
    await page.locator('#send').click();
    await page
      .getByText(/is too long/)
      .first()
      .waitFor();
    expect(sent).toEqual([]);
    await page.locator('#tags').fill('fine');
    await page.locator('#send').click();
    await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  });

  test('gets the type of a picture from its bytes, whatever its name says', async () => {
    const buffer = Buffer.from([
      0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
    ]);
    await page.locator('#file').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer });
    await page.locator('.file-row').waitFor();
    const mimeType = async () => JSON.parse(await page.locator('#fileMeta').inputValue()).mimeType;
    await eventually('its type', mimeType, (type) => type === 'image/jpeg');
  });

  test('describes several files once, one of them apart, and gets a summary', async () => {
    await choose('one.txt', 'two.txt', 'three.txt');
    await page.locator('#tags').fill('together');
    await page.getByRole('button', { name: 'Describe apart: two.txt' }).click();
    await page.locator('#tags').fill('alone');
    await page.getByRole('button', { name: 'Send all 3' }).click();
    await page.getByRole('heading', { name: 'All 3 files have arrived' }).waitFor();
    const tags = pair.sandbox.control
      .library()
      .files.slice(-3)
      .map(({ descriptor }) => (descriptor as { tags: string[] }).tags.join());
    expect(tags.sort()).toEqual(['alone', 'together', 'together']);
    await page.getByRole('link', { name: 'Send more' }).click();
    await page.locator('#sample').waitFor();
  });

  test('may drop a file anywhere on the page', async () => {
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
      return transfer;
    })()`);
    await page.dispatchEvent('footer', 'drop', { dataTransfer: dropped });
    await page.getByText('dropped.txt').first().waitFor();
  });

  test('whose visit ended before Send finds the file again after connecting', async () => {
    await choose('kept.txt');
    await page.locator('#tags').fill('kept');
    await context.clearCookies();
    await page.locator('#send').click();
    await page.getByText('Your visit here has ended').waitFor();
    await page.locator('#reconnect button').click();
    await allow();
    await page.waitForURL(/\/push$/);
    await page.getByText('Still here, ready to send').first().waitFor();
    await eventually('its tags', async () => (await page.locator('#tags').inputValue()) === 'kept');
    await page.locator('#send').click();
    await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  });

  test('keeps what was chosen and said of it through another language, the other view and a reload, in that tab only', async () => {
    await choose('stays.txt');
    await page.locator('#tags').fill('kept');
    // The browser takes a moment to write it down; nobody is that quick.
    await eventually('the file in the store', keptCount, (count) => count === 1);
    const isThere = () =>
      eventually(
        'the file and its tags',
        async () => [
          await page.locator('.file-row', { hasText: 'stays.txt' }).count(),
          await page.locator('#tags').inputValue(),
        ],
        (seen) => JSON.stringify(seen) === '[1,"kept"]',
      );
    await page.getByRole('link', { name: 'Nederlands' }).click();
    await page.waitForURL(/lang=nl/);
    await isThere();
    await page.locator('#developer-view').click();
    await page.locator('#fileMeta').waitFor({ state: 'visible' });
    await isThere();
    await page.goto(at('/pushes'));
    await page.goto(at('/push?lang=en'));
    await isThere();
    await page.reload();
    await isThere();
    const other = await context.newPage();
    await other.goto(at('/push'));
    // Its script has run: what needs it is there.
    await other.locator('#sample').click();
    await other.locator('.file-row').first().waitFor();
    expect(await other.locator('.file-row', { hasText: 'stays.txt' }).count()).toBe(0);
    await page.locator('#send').click();
    await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
    expect(pair.sandbox.control.library().files.at(-1)?.descriptor).toMatchObject({ tags: ['kept'] });
    await page.goto(at('/push'));
    await page.locator('#sample').click();
    await page.locator('.file-row', { hasText: 'letter.pdf' }).waitFor();
    expect(await page.locator('.file-row').count()).toBe(1);
  });

  test('sees a push fail, why in plain words, and may discard the file', async () => {
    pair.sandbox.control.addFault({ route: 'import', status: 422, times: 1 });
    await choose('refused.txt');
    await page.locator('#send').click();
    await page.getByRole('heading', { name: 'It did not arrive' }).waitFor();
    await page.locator('.steps .is-current', { hasText: 'Not delivered' }).waitFor();
    expect(await readable()).not.toContain('InvalidResource');
    await page.getByText('Discard removes the file from this app').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
  });

  test('never sees the page of a push stick, also when the page can’t be fetched after the last event', async () => {
    pair.sandbox.control.addFault({ route: 'import', status: 503, times: 1 });
    await choose('late.txt');
    await page.locator('#send').click();
    await page.getByRole('heading', { name: 'It will be tried again' }).waitFor();
    let refused = 0;
    await page.route(/\/pushes\/[\w-]+$/, async (route) => {
      const isPage = route.request().resourceType() === 'fetch';
      if (isPage && refused < 2) {
        refused += 1;
        await route.abort();
      } else await route.continue();
    });
    await page.request.post(`${page.url()}/retry`, { headers: { accept: 'application/json' } });
    await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
    expect(refused).toBe(2);
  });
});

test('cancelling at digi.me is no error: a calm page that leads back', async () => {
  await open({ width: 390, colorScheme: 'light', locale: 'nl-NL' });
  await page.goto(at('/push'));
  await page.locator('form[action="/authorize"] button').first().click();
  await page.locator('button[name="decision"][value="cancel"]').click();
  await page.getByRole('heading', { name: 'Je koos ervoor het niet toe te staan' }).waitFor();
  expect(await page.locator('.error-sign').count()).toBe(0);
  expect(await readable()).not.toContain('USER_CANCEL');
  await page.getByRole('button', { name: 'Opnieuw proberen' }).click();
  await page.waitForURL(/apps\/saas/);
});
