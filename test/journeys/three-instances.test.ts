import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { exampleBundle } from '../push/provider/provider-requests.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';
import { connectProvider, launchBrowser } from './visit.js';

let postgres: Postgres;
let s3: S3Server;
let cluster: Cluster;
let browser: Browser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  [postgres, s3, browser] = await Promise.all([startPostgres(), startS3(), launchBrowser()]);
  cluster = await startCluster({ databaseUrl: await postgres.newDatabase(), s3 });
  const context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 900 }, locale: 'en-GB', bypassCSP: true, acceptDownloads: true },
  });
  context.on('weberror', (error) => faults.push(error.error().message));
  page = await context.newPage();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await cluster?.close();
  await s3?.close();
  await postgres?.remove();
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const open = (path: string) => page.goto(new URL(path, cluster.proxy.baseUrl).href);
const allow = () => page.locator('button[name="decision"][value="allow"]').click();

test('a person sends a file and a record, watches both, reads back, looks at the calls and leaves, each request at another instance', async () => {
  await open('/');
  await page.getByRole('button', { name: 'Connect your digi.me library' }).first().click();
  await allow();
  await page.waitForURL(/\/push$/);

  const scan = randomBytes(2_500_000);
  cluster.sandbox.control.addFault({ route: 'import', times: 1, delayMs: 1000 });
  await page
    .getByLabel('File', { exact: false })
    .first()
    .setInputFiles({ name: 'scan.bin', mimeType: 'application/octet-stream', buffer: scan });
  await page.locator('#send').click();
  await page.waitForURL(/\/pushes\//);
  await page.locator('.is-delivered').first().waitFor();
  const arrived = cluster.sandbox.control.library().files;
  expect(arrived.map((file) => [file.sha256, file.count])).toEqual([[sha256(scan), 1]]);

  await open('/push/provider');
  await connectProvider(page, 'MedMij Testkliniek Hart & Vaat');
  await page.getByLabel('The bundle as JSON').fill(JSON.stringify(exampleBundle()));
  await page.getByRole('button', { name: 'Send to the provider' }).click();
  await page.waitForURL(/\/pushes\//);
  await page.locator('.is-delivered').first().waitFor();
  expect(cluster.sandbox.control.provider().deliveries).toHaveLength(1);

  await open('/inspector');
  await page.getByText('Push a file to the library').first().waitFor();

  await open('/library');
  await page.getByRole('button', { name: 'Allow reading' }).click();
  await allow();
  await page.waitForURL('**/library');
  await page.waitForSelector('#live[data-finished="true"]');
  await page.locator('th').getByRole('link', { name: 'scan.bin' }).waitFor();

  await open('/');
  await page.getByRole('link', { name: 'Forget me' }).click();
  await page.getByRole('button', { name: 'Forget me' }).click();
  await page.getByRole('heading', { name: 'You are forgotten' }).waitFor();
  await eventually(
    'an empty bucket',
    () => cluster.payloads.list(Date.now()),
    (found) => found.length === 0,
  );
  for (const { port } of cluster.instances) expect(cluster.proxy.counts.get(port)).toBeGreaterThan(5);
  expect(faults).toEqual([]);
}, 300_000);
