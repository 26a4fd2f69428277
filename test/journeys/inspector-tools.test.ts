import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Pair, startPair } from '../support/start-pair.js';
import { launchBrowser } from './visit.js';

const run = promisify(execFile);
let pair: Pair;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const pushes: string[] = [];

const open = (path: string) => new URL(path, pair.app.baseUrl).href;
const rows = () => page.locator('li.exchange');
const saved = async (name: string) => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name, exact: true }).click(),
  ]);
  return download.path();
};

/** Two pushes at once whose steps lie between one another, while an inspector looks on. */
beforeAll(async () => {
  pair = await startPair();
  browser = await launchBrowser();
  context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = await context.newPage();
  await page.goto(open('/'));
  await page.locator('form[action="/authorize"] button').first().click();
  await page.locator('button[name="decision"][value="allow"]').click();
  await page.waitForURL(/\/push$/);
  await page.goto(open('/inspector'));
  await page.getByText('Live: grows by itself').waitFor();
  // Both are refused once and tried again, so that each has more than one call.
  pair.sandbox.control.addFault({ route: 'import', times: 2, status: 503, delayMs: 300 });
  const send = async (name: string) => {
    const answer = await context.request.post(open('/push/library'), {
      headers: { accept: 'application/json' },
      multipart: {
        fileMeta: JSON.stringify({ mimeType: 'text/plain', accounts: [{ accountId: 'me' }] }),
        file: { name, mimeType: 'text/plain', buffer: Buffer.from(name) },
      },
    });
    return ((await answer.json()) as { id: string }).id;
  };
  pushes.push(...(await Promise.all(['one.txt', 'two.txt'].map(send))));
});
afterAll(async () => {
  await browser.close();
  await pair.close();
});

test('two pushes at once are two groups, while they grow and afterwards', async () => {
  const groups = () =>
    rows().evaluateAll((all) =>
      all
        .map((row) => (row as unknown as { dataset: { action: string } }).dataset.action)
        .filter((action, index, actions) => action.startsWith('push') && action !== actions[index - 1]),
    );
  const ended = (id: string) =>
    page.locator(`[data-action="push ${id}"]`, { hasText: 'event: state delivered' }).waitFor();
  await Promise.all(pushes.map(ended));
  const grown = await groups();
  expect([...grown].sort()).toEqual(pushes.map((id) => `push ${id}`).sort());
  expect(await page.locator('.action-head', { hasText: 'Push' }).count()).toBe(2);
  await page.reload();
  expect(await groups()).toEqual(grown);
  expect(await page.locator('.action-head', { hasText: 'Push' }).count()).toBe(2);
});

test('the steps are filtered by push, call, outcome and text', async () => {
  await page.locator(`a[href="/inspector?push=${pushes[0]}"]`).click();
  await page.waitForURL(/push=/);
  const actions = await rows().evaluateAll((all) => all.map((row) => row.getAttribute('data-action')));
  expect([...new Set(actions)]).toEqual([`push ${pushes[0]}`]);
  await page.locator('select[name="result"]').selectOption('refused');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/result=refused/);
  expect(await rows().count()).toBe(1);
  expect(await rows().textContent()).toContain('503');
  await page.getByRole('link', { name: 'Show all again' }).click();
  await page.locator('select[name="call"]').selectOption('exchangeCodeForToken');
  await page.locator('input[name="text"]').fill('authorization_code');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/text=authorization_code/);
  expect(await rows().count()).toBe(1);
  await page.locator('input[name="text"]').fill('nothing says this');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByText('No step fits the filter.').waitFor();
  await page.getByRole('link', { name: 'Show all again' }).click();
});

test('a call is made again, and its signed curl command runs as it was copied', async () => {
  const accounts = () => page.locator('li.exchange', { hasText: 'Read the accounts' });
  await page.goto(open('/inspector'));
  const before = await accounts().count();
  await accounts().first().locator('summary').click();
  await accounts().first().getByRole('button', { name: 'Make this call again' }).click();
  await accounts().nth(before).waitFor();
  expect(await accounts().nth(before).textContent()).toContain('200 OK');
  const step = accounts().first();
  if (!(await step.locator('details').evaluate((details) => details.hasAttribute('open'))))
    await step.locator('summary').click();
  await step.getByRole('button', { name: 'Copy as signed curl' }).click();
  await step.getByText('Copied. It works once, until').waitFor();
  const command = String(await page.evaluate('navigator.clipboard.readText()'));
  const { stdout } = await run('sh', ['-c', `${command} --silent --show-error`]);
  expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ id: expect.any(String) })]);
});

test('the steps are taken home as a project, and shared as one file that needs no network', async () => {
  await page.goto(open('/inspector'));
  const files = unzipSync(new Uint8Array(await readFile(await saved('Export as a project'))));
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['package.json', 'README.md', 'push.ts']));
  expect(strFromU8(files['push.ts'] ?? new Uint8Array())).toContain('pushData(');
  const shared = await readFile(await saved('Share as one file'), 'utf8');
  const offline = await browser.newContext({ offline: true });
  const reader = await offline.newPage();
  const asked: string[] = [];
  reader.on('request', (request) => asked.push(request.url()));
  await reader.setContent(shared);
  expect(await reader.locator('li.exchange').count()).toBeGreaterThan(10);
  expect(await reader.locator('.action-head', { hasText: 'Push' }).count()).toBe(2);
  await reader.locator('li.exchange', { hasText: 'Push a file to the library' }).first().click();
  await reader.getByText('503 Service Unavailable').first().waitFor();
  expect(asked).toEqual([]);
  await offline.close();
});
