import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { listExamples } from '../../src/fhir/index.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

let pair: Pair;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let folder: string;
const faults: string[] = [];

interface RealFile {
  path: string;
  name: string;
  mimeType: string;
  sha256: string;
}
const files: RealFile[] = [];

async function keep(name: string, mimeType: string, bytes: Uint8Array | string): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  files.push({ path, name, mimeType, sha256: createHash('sha256').update(bytes).digest('hex') });
}

beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  const studio = await browser.newPage({ viewport: { width: 640, height: 480 } });
  await studio.setContent('<h1>Letter</h1><p>Your appointment is on Tuesday.</p>');
  await keep('letter.pdf', 'application/pdf', await studio.pdf());
  await keep('photo é 写真.jpg', 'image/jpeg', await studio.screenshot({ type: 'jpeg' }));
  await keep(
    'receipt.json',
    'application/json',
    JSON.stringify({ shop: 'Bakery', total: { amount: 4.5, currency: 'EUR' } }),
  );
  await keep('observation.json', 'application/json', JSON.stringify(listExamples()[0]?.bundle));
  await studio.close();
});
afterAll(async () => {
  await browser.close();
  await pair.close();
  await rm(folder, { recursive: true, force: true });
});

const arrived = () => pair.sandbox.control.library().files;

/** Home, connect, allow at digi.me, and back on the upload page. */
async function connect(): Promise<void> {
  await page.goto(pair.app.baseUrl);
  await page.getByRole('button', { name: 'Connect your digi.me library' }).first().click();
  await page.getByRole('button', { name: /allow/i }).click();
  await page.waitForURL(/\/push$/);
}

async function open(options: { javaScriptEnabled: boolean; width?: number }): Promise<void> {
  context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    locale: 'en-GB',
    javaScriptEnabled: options.javaScriptEnabled,
  });
  page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  // A page with a 4xx status is what some of these journeys are about; everything else on the console is a fault.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text());
  });
}
afterEach(async () => {
  await context.close();
  expect(faults.splice(0)).toEqual([]);
});

describe.each([1280, 390])('with scripts, %i pixels wide', (width) => {
  beforeEach(() => open({ javaScriptEnabled: true, width }));

  test('real files of four kinds arrive byte for byte, each with its type filled in', async () => {
    await connect();
    for (const file of files) {
      const before = arrived().length;
      await page.goto(new URL('/push', pair.app.baseUrl).href);
      await page.getByLabel('File', { exact: false }).first().setInputFiles(file.path);
      await page.getByLabel('Tags').fill('journey, kept');
      const json = await eventually(
        'its type',
        async () => JSON.parse(await page.locator('#fileMeta').inputValue()),
        ({ mimeType }) => mimeType === file.mimeType,
      );
      expect(json.accounts[0].accountId).not.toBe('');
      await page.locator('#send').click();
      await page.waitForURL(/\/pushes\//);
      await page.locator('.is-delivered').first().waitFor();
      const shown = (await page.locator('#live').textContent()) ?? '';
      expect(shown).toContain(file.sha256);
      expect(shown).toContain(file.name);
      const added = arrived().slice(before);
      expect(added.map(({ sha256 }) => sha256)).toEqual([file.sha256]);
      expect(added[0]?.descriptor).toMatchObject({ mimeType: file.mimeType, tags: ['journey', 'kept'] });
    }
    await page.getByRole('link', { name: 'Sent', exact: true }).click();
    for (const file of files) await page.getByText(file.name).first().waitFor();
  });
});

describe('without scripts', () => {
  beforeEach(() => open({ javaScriptEnabled: false }));

  test('the same works as a plain form', async () => {
    await connect();
    const file = files[0] as RealFile;
    const before = arrived().length;
    await page.locator('#file').setInputFiles(file.path);
    await page.locator('#send').click();
    await page.waitForURL(/\/pushes\//);
    await page.locator('.is-delivered').first().waitFor();
    expect(
      arrived()
        .slice(before)
        .map(({ sha256 }) => sha256),
    ).toEqual([file.sha256]);
  });

  test('a refusal comes back on the form with what was typed, and at its field', async () => {
    await connect();
    const file = files[0] as RealFile;
    await page.locator('#file').setInputFiles(file.path);
    await page.getByLabel('Tags').fill('keep me');
    await page.locator('#file-details > summary').click();
    await page.getByLabel(/type/i).fill('image/png');
    await page.locator('#send').click();
    await page.locator('#mimeType[aria-invalid=true]').waitFor();
    expect(await page.getByLabel('Tags').inputValue()).toBe('keep me');
  });

  test('cancelling at digi.me leads to a page with a way on', async () => {
    await page.goto(pair.app.baseUrl);
    await page.getByRole('button', { name: 'Connect your digi.me library' }).first().click();
    await page.getByRole('button', { name: /cancel/i }).click();
    await page
      .getByRole('link', { name: /first page/i })
      .first()
      .click();
    await page.getByRole('button', { name: 'Connect your digi.me library' }).first().waitFor();
  });

  test('the back button after connecting, and the callback loaded again, lose nothing', async () => {
    await connect();
    await page.goBack();
    await page.goto(new URL('/push', pair.app.baseUrl).href);
    await page.locator('#file').waitFor();
  });
});
