import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';
import { startUnsteadyProxy, type UnsteadyProxy } from '../support/unsteady-proxy.js';

let postgres: Postgres;
let s3: S3Server;
/** PostgreSQL as the instances reach it: refused while one primary is gone and the next one is not there yet. */
let network: UnsteadyProxy;
let cluster: Cluster;
beforeAll(async () => {
  [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  const address = new URL(await postgres.newDatabase());
  network = await startUnsteadyProxy(Number(address.port));
  address.port = String(network.port);
  cluster = await startCluster({ databaseUrl: address.href, s3 });
}, 180_000);
afterEach(() => {
  cluster.sandbox.control.clearFaults();
});
afterAll(async () => {
  await cluster?.close();
  await network?.close();
  await s3?.close();
  await postgres?.remove();
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const arrived = () => new Map(cluster.sandbox.control.library().files.map((file) => [file.sha256, file]));

/** Uploads until it is told to stop; repeats what was not taken, as a client may. */
function load(browser: Browser) {
  const sent = new Map<string, string>();
  const refusals: { status: number; retryAfter: string | null }[] = [];
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const bytes = randomBytes(sent.size % 3 === 0 ? 150_000 : 2000);
      const headers = { 'idempotency-key': sha256(bytes) };
      for (;;) {
        const answer = await browser.upload(bytes, fileMeta, { headers }).catch(() => undefined);
        if (answer?.status === 202) {
          sent.set(answer.json.id, sha256(bytes));
          break;
        }
        // Without an answer the connection broke: nothing more can be known of it.
        if (answer !== undefined)
          refusals.push({ status: answer.status, retryAfter: answer.headers.get('retry-after') });
        await pause(50);
      }
      const page = await browser.get('/pushes', { accept: 'text/html' }).catch(() => undefined);
      if (page !== undefined && page.status !== 200)
        refusals.push({ status: page.status, retryAfter: page.headers.get('retry-after') });
    }
  };
  const workers = [1, 2, 3].map(worker);
  return {
    sent,
    refusals,
    stop: async () => {
      isOver = true;
      await Promise.all(workers);
    },
  };
}

test('all instances are replaced one after another under load: every upload is taken and sent once', async () => {
  const browser = cluster.browser();
  await browser.connect();
  cluster.sandbox.control.addFault({ route: 'import', times: 1_000_000, delayMs: 30 });
  const running = load(browser);
  for (const old of [...cluster.instances]) {
    const before = running.sent.size;
    await cluster.add();
    await eventually('work for all of them', () => running.sent.size > before + 10);
    // The proxy goes on giving it requests until it has ended.
    expect(await old.end('SIGTERM')).toBe(0);
    cluster.takeOut(old);
  }
  const before = running.sent.size;
  await eventually('work for the new ones', () => running.sent.size > before + 10);
  await running.stop();
  // 502 is the proxy's word for an instance that takes no connections any more.
  const statuses = new Set(running.refusals.map(({ status }) => status));
  expect([...statuses].filter((status) => status !== 502 && status !== 503)).toEqual([]);
  expect(running.refusals.filter(({ status, retryAfter }) => status === 503 && !retryAfter)).toEqual([]);
  for (const id of running.sent.keys()) {
    const push = await browser.waitForState(id, ['delivered']);
    expect(push).toMatchObject({ attemptCount: 1, possiblyDuplicated: false });
  }
  const there = arrived();
  for (const hash of running.sent.values()) expect(there.get(hash)?.count).toBe(1);
}, 300_000);

test('while the database is away uploads and pages say so; with the next primary all goes on, and nothing accepted is lost', async () => {
  const browser = cluster.browser();
  await browser.connect();
  cluster.sandbox.control.addFault({ route: 'import', times: 1_000_000, delayMs: 200 });
  const running = load(browser);
  await eventually('a load', () => running.sent.size > 20);
  network.cut();
  const refused = await eventually(
    'a refusal',
    () => browser.upload(randomBytes(100), fileMeta),
    ({ status }) => status !== 202,
  );
  expect([refused.status, refused.json.error.code]).toEqual([503, 'StorageUnavailable']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const page = await browser.get('/pushes', { accept: 'text/html' });
  expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
  await eventually('not ready', async () => (await browser.getJson('/readyz')).status === 503);
  expect((await browser.getJson('/healthz')).status).toBe(200);
  network.restore();
  const before = running.sent.size;
  await eventually('a load again', () => running.sent.size > before + 20);
  await running.stop();
  const statuses = new Set(running.refusals.map(({ status }) => status));
  expect([...statuses].filter((status) => status !== 503)).toEqual([]);
  for (const id of running.sent.keys()) await browser.waitForState(id, ['delivered']);
  const there = arrived();
  for (const hash of running.sent.values()) expect(there.has(hash)).toBe(true);
  for (const instance of cluster.instances.slice(-3))
    await eventually('ready', async () => (await instance.browser().getJson('/readyz')).status === 200);
}, 300_000);
