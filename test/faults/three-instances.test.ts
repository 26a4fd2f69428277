import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readEvents } from '../inspector/inspected-app.js';
import { connectProvider, exampleBundle, pushJson } from '../push/provider/provider-requests.js';
import type { Browser } from '../support/browser.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';

let postgres: Postgres;
let s3: S3Server;
let cluster: Cluster;
beforeAll(async () => {
  [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  cluster = await startCluster({ databaseUrl: await postgres.newDatabase(), s3 });
}, 180_000);
afterEach(() => {
  cluster.sandbox.control.clearFaults();
  expect(cluster.instances.map((instance) => instance.errors()).join('')).toBe('');
});
afterAll(async () => {
  await cluster?.close();
  await s3?.close();
  await postgres?.remove();
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const arrivals = (bytes: Buffer) =>
  cluster.sandbox.control.library().files.filter((file) => file.sha256 === sha256(bytes));
/** As often as a turn of the proxy needs to reach every instance, and once more. */
const turns = [1, 2, 3, 4];

test('a person connects, uploads and sees the push become delivered, each request on another instance', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const before = new Map(cluster.proxy.counts);
  const bytes = randomBytes(300_000);
  cluster.sandbox.control.addFault({ route: 'import', times: 1, delayMs: 500 });
  const { status, json } = await browser.upload(bytes, fileMeta);
  expect(status).toBe(202);
  for (const _ of turns) {
    const events = await readEvents(browser, `${cluster.proxy.baseUrl}pushes/${json.id}/events`, (text) =>
      text.includes('"state":"delivered"'),
    );
    expect(events).toContain('"state":"delivered"');
    const page = await browser.get(`/pushes/${json.id}`, { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect((await browser.getJson('/pushes')).json.pushes).toMatchObject([{ id: json.id }]);
  }
  expect(arrivals(bytes)).toMatchObject([{ count: 1 }]);
  for (const { port } of cluster.instances)
    expect(cluster.proxy.counts.get(port)).toBeGreaterThan(before.get(port) ?? 0);
});
