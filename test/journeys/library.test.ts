import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { pdf, png } from '../library/samples.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complained about: a refused script or style would be among it. */
const complaints: string[] = [];
const photo = png(40);
const archive = randomBytes(5 * 2 ** 20);

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
  page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

const open = (path: string) => page.goto(new URL(path, pair.app.baseUrl).href);
const allow = () => page.locator('button[name="decision"][value="allow"]').click();
const finished = () => page.waitForSelector('#live[data-finished="true"]');
const rows = (count: number) =>
  eventually(`${count} rows`, async () => (await page.locator('tbody tr').count()) === count);
const libraries = () => pair.sandbox.control.library().libraries.map(({ userId }) => userId);

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function push(name: string, mimeType: string, buffer: Buffer, tag: string): Promise<void> {
  await open('/push');
  await page.locator('input[type="file"]').setInputFiles({ name, mimeType, buffer });
  await page.getByLabel('Tags', { exact: false }).first().fill(tag);
  await page.getByRole('button', { name: 'Send to the library' }).first().click();
  // Who leaves before the app has answered comes back to a page that goes on with the file.
  await page.waitForURL(/\/pushes\//);
  const arrived = () => pair.sandbox.control.library().files.some((file) => file.sha256 === sha256(buffer));
  await eventually(`${name} in the library`, arrived);
  // The app knows it a moment after digi.me, and asks for a list that is finished only when it has delivered more.
  await page.locator('#live[data-state="delivered"]').waitFor();
}

/** Presses the download button of the file with this name. @returns the name it would be saved under, and its bytes */
async function download(name: string): Promise<{ name: string; bytes: Buffer }> {
  const row = page.locator('tr', { hasText: name });
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    row.getByRole('link', { name: /^Download/ }).click(),
  ]);
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) };
}

test('two files are pushed and read back, byte by byte the same', async () => {
  await open('/');
  await page.getByRole('button', { name: 'Connect your digi.me library' }).click();
  await allow();
  await page.waitForURL('**/push');
  await push('photo.png', 'image/png', photo, 'holiday');
  await push('archive – two.bin', 'application/octet-stream', archive, 'backup');

  await open('/library');
  await page.getByRole('button', { name: 'Allow reading' }).click();
  await allow();
  await page.waitForURL('**/library');
  await finished();
  await page.locator('tr', { hasText: 'photo.png' }).getByText('arrived unchanged').waitFor();
  expect(await download('photo.png')).toEqual({ name: 'photo.png', bytes: photo });

  // The large one is compared when it is opened.
  await page.getByRole('link', { name: 'open it to see whether it is unchanged' }).click();
  await page.getByText('arrived unchanged').waitFor();
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('archive – two.bin');
  await page.getByRole('link', { name: 'Back to the library' }).click();
  await finished();
  const large = await download('archive – two.bin');
  expect(large.name).toBe('archive – two.bin');
  expect(large.bytes.equals(archive)).toBe(true);
});

test('the list can be narrowed down by what is known of the files', async () => {
  await page.getByLabel('Tag', { exact: true }).selectOption('holiday');
  await page.getByRole('button', { name: 'Show' }).click();
  await finished();
  await rows(1);
  await page.getByRole('link', { name: 'Show everything' }).click();
  await finished();
  await rows(2);
});

test('a picture is shown in a page that runs nothing, and a PDF is there to download', async () => {
  await page.locator('th').getByRole('link', { name: 'photo.png' }).click();
  const picture = page.getByRole('img', { name: 'Picture: photo.png' });
  const width = () => picture.evaluate((image: unknown) => (image as { naturalWidth: number }).naturalWidth);
  await eventually('the picture', async () => (await width()) === 40);
  await push('invoice.pdf', 'application/pdf', pdf('Invoice'), 'paper');
  await open('/library');
  await finished();
  expect(await download('invoice.pdf')).toEqual({ name: 'invoice.pdf', bytes: pdf('Invoice') });
  await page.locator('th').getByRole('link', { name: 'invoice.pdf' }).click();
  await page.getByText('it is not opened inside this page').waitFor();
  expect(await page.locator('iframe, object, embed').count()).toBe(0);
});

test('disconnecting and connecting again leads to the same library', async () => {
  const before = libraries();
  await open('/');
  await page.locator('li', { hasText: 'Send a file' }).getByText('Disconnect', { exact: true }).click();
  await page.getByRole('button', { name: 'Yes, disconnect' }).click();
  await page.waitForURL(pair.app.baseUrl);
  const links = page.getByRole('link', { name: 'Send a file' });
  await eventually('no connection', async () => (await links.count()) === 0);
  await page.getByRole('button', { name: 'Connect your digi.me library' }).click();
  await allow();
  await page.waitForURL('**/push');
  expect(libraries()).toEqual(before);
  await open('/library');
  await finished();
  await rows(3);
});

test('being forgotten leaves nothing here and, when asked for, nothing at digi.me', async () => {
  await open('/');
  await page.getByRole('link', { name: 'Forget me' }).click();
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Forget me' }).click();
  await page.getByRole('heading', { name: 'You are forgotten' }).waitFor();
  expect(libraries()).toEqual([]);
  await page.waitForFunction('sessionStorage.length === 0');
  expect((await context.cookies()).filter(({ name }) => name.includes('digime-push'))).toEqual([]);
  await page.getByRole('link', { name: 'Start again' }).click();
  await page.getByRole('button', { name: 'Connect your digi.me library' }).waitFor();
});

test('the browser had nothing to complain about', () => {
  expect(complaints).toEqual([]);
});
