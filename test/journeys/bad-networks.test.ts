import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { startUnsteadyProxy, type UnsteadyProxy } from '../support/unsteady-proxy.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let proxy: UnsteadyProxy;
let context: BrowserContext;
let page: Page;
let folder: string;

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'big-files-'));
});
afterAll(async () => {
  await browser.close();
  await pair.close();
  await rm(folder, { recursive: true, force: true });
});

const through = (path: string) => `http://localhost:${proxy.port}${path}`;

/** Connects a library directly, and opens the upload page by way of the proxy: cookies are the same for every port. */
beforeEach(async () => {
  proxy = await startUnsteadyProxy(pair.app.port);
  context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
  page = await context.newPage();
  await page.goto(pair.app.baseUrl);
  await page.getByRole('button', { name: 'Connect your digi.me library' }).first().click();
  await page.locator('button[name="decision"][value="allow"]').click();
  await page.waitForURL(/\/push$/);
  await page.goto(through('/push'));
});
afterEach(async () => {
  await context.close();
  await proxy.close();
});

/** On the disk: bytes that are handed over to the browser would take longer than the upload. */
async function bigFile(mebibytes: number) {
  const bytes = randomBytes(mebibytes * 2 ** 20);
  const path = join(folder, `${mebibytes}.bin`);
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const arrived = () => pair.sandbox.control.library().files.filter((file) => file.sha256 === sha256);
  return { path, size: bytes.length, arrived };
}

async function send({ path }: { path: string }): Promise<void> {
  await page.locator('#file').setInputFiles(path);
  await page.locator('.file-row').waitFor();
  await page.locator('#send').click();
}

const spooledBytes = () => {
  const spool = join(pair.dataDir, 'app', 'spool');
  const sizes = readdirSync(spool).map(
    (name) => statSync(join(spool, name), { throwIfNoEntry: false })?.size,
  );
  return sizes.reduce((sum: number, size) => sum + (size ?? 0), 0);
};
const passed = (bytes: number) => eventually('more bytes to the app', () => proxy.sentBytes > bytes, Boolean);

test('without a network the page says that it waits, and goes on by itself', async () => {
  proxy.throttle(4 * 2 ** 20);
  const file = await bigFile(6);
  await send(file);
  await passed(2 ** 20);
  proxy.cut();
  await page.getByText('Waiting for the network').first().waitFor();
  expect(await page.getByRole('button', { name: /^Try again/ }).count()).toBe(1);
  proxy.restore();
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(file.arrived()).toHaveLength(1);
}, 300_000);

test('a connection that says nothing any more is given up and begun anew', async () => {
  await page.locator('#upload').evaluate((form) => form.setAttribute('data-stall-ms', '1500'));
  proxy.throttle(4 * 2 ** 20);
  const file = await bigFile(6);
  await send(file);
  await passed(2 ** 20);
  proxy.stall();
  proxy.throttle(undefined);
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(file.arrived()).toHaveLength(1);
}, 300_000);

test('a tab that was closed in the middle is gone on with when the page is open again', async () => {
  proxy.throttle(4 * 2 ** 20);
  const file = await bigFile(8);
  await send(file);
  // In the app and not only on the way to it: on a busy machine whole megabytes wait there, and are lost with the tab.
  await eventually('a good part in the app', () => spooledBytes() > 3 * 2 ** 20);
  await page.close();
  proxy.restore();
  const before = proxy.sentBytes;
  page = await context.newPage();
  await page.goto(through('/push'));
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(file.arrived()).toHaveLength(1);
  expect(proxy.sentBytes - before).toBeLessThan(file.size);
  await page.goto(through('/push'));
  await page.locator('#sample').waitFor();
  expect(await page.locator('.file-row').count()).toBe(0);
}, 300_000);

test('over a connection that drops ten times a file arrives once, and as it was', async () => {
  const every = 4 * 2 ** 20;
  const file = await bigFile(44);
  const before = proxy.sentBytes;
  // Slower than this machine's own network, whose buffers would take in whole megabytes that nobody reads.
  proxy.throttle(16 * 2 ** 20);
  proxy.dropEvery(every, 10);
  await send(file);
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
  expect(proxy.drops).toBe(10);
  expect(file.arrived()).toMatchObject([{ count: 1 }]);
  // The browser itself repeats what broke off, from where that began: it has to be stopped early, each time.
  expect(proxy.sentBytes - before).toBeLessThan(file.size + 5 * every);
}, 300_000);

test('a small file waits as well, and arrives once', async () => {
  proxy.cut();
  await page
    .locator('#file')
    .setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('a small one') });
  await page.locator('.file-row').waitFor();
  await page.locator('#send').click();
  await page.getByText('Waiting for the network').first().waitFor();
  proxy.restore();
  await page.waitForURL(/\/pushes\//);
  await page.getByRole('heading', { name: 'It has arrived' }).waitFor();
}, 300_000);
