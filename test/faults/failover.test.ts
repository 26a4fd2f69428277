import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, type Standby, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';
import { startUnsteadyProxy, type UnsteadyProxy } from '../support/unsteady-proxy.js';

let primary: Postgres;
let standby: Standby;
let s3: S3Server;
/** The address of the database: it leads to the primary of the moment. */
let address: UnsteadyProxy;
let cluster: Cluster;
beforeAll(async () => {
  [primary, s3] = await Promise.all([startPostgres(), startS3()]);
  const url = new URL(await primary.newDatabase());
  standby = await primary.startStandby();
  address = await startUnsteadyProxy(primary.port);
  url.port = String(address.port);
  cluster = await startCluster({ databaseUrl: url.href, s3, instances: 2 });
}, 180_000);
afterAll(async () => {
  await cluster?.close();
  await address?.close();
  await s3?.close();
  await standby?.remove();
  await primary?.remove();
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Uploads until it is told to stop; repeats what was not taken. @returns ids and hashes of what was taken */
function load(browser: Browser) {
  const taken = new Map<string, string>();
  const statuses = new Set<number>();
  let isOver = false;
  const worker = async (size: number) => {
    while (!isOver) {
      const bytes = randomBytes(size);
      const headers = { 'idempotency-key': sha256(bytes) };
      const answer = await browser.upload(bytes, fileMeta, { headers }).catch(() => undefined);
      if (answer !== undefined) statuses.add(answer.status);
      if (answer?.status === 202) taken.set(answer.json.id, sha256(bytes));
      else await pause(50);
    }
  };
  const workers = [2000, 2000, 150_000].map(worker);
  return {
    ...{ taken, statuses },
    stop: async () => {
      isOver = true;
      await Promise.all(workers);
    },
  };
}

test('when the primary dies and its standby takes over, nothing that was accepted is lost and nothing needs a restart', async () => {
  const browser = cluster.browser();
  await browser.connect();
  // Something waits, something is under way, something has been delivered at that moment.
  cluster.sandbox.control.addFault({ route: 'import', times: 1_000_000, delayMs: 100 });
  const running = load(browser);
  await eventually('a load', () => running.taken.size > 20);
  await primary.crash();
  // Whoever turns the address may be faster than the promotion: a standby reads, and refuses every write.
  address.leadTo(standby.port);
  await eventually('a refusal', () => running.statuses.has(503));
  await eventually('not ready', async () => (await browser.getJson('/readyz')).status === 503);
  // What all share is in the way: nobody is taken out for it, so that people see the app's own words.
  const shared = await browser.getJson('/readyz/instance');
  expect([shared.status, shared.json.checks]).toEqual([200, {}]);
  await standby.promote();
  const before = running.taken.size;
  await eventually('a load again', () => running.taken.size > before + 20);
  await running.stop();
  expect([...running.statuses].sort()).toEqual([202, 503]);

  for (const id of running.taken.keys()) await browser.waitForState(id, ['delivered']);
  const arrived = new Set(cluster.sandbox.control.library().files.map((file) => file.sha256));
  for (const hash of running.taken.values()) expect(arrived.has(hash)).toBe(true);
  for (const instance of cluster.instances)
    await eventually('ready', async () => (await instance.browser().getJson('/readyz')).status === 200);
  // What a crash may lose (its tables are not replicated) is there again, empty, and works.
  for (const _ of cluster.instances) {
    const { steps } = (await browser.getJson('/inspector')).json;
    expect(steps.length).toBeGreaterThan(0);
  }
}, 300_000);
