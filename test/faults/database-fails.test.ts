import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import type { Browser } from '../support/browser.js';
import type { ChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
const appFolder = ({ folder }: Stage) => join(folder, 'app');
const spooled = (stage: Stage) => readdirSync(join(appFolder(stage), 'spool'));
const large = randomBytes(400_000);
const small = randomBytes(400);

async function connected(stage: Stage): Promise<[ChildApp, Browser]> {
  const app = await stage.start();
  const browser = app.browser();
  await browser.connect();
  return [app, browser];
}

const readiness = async (browser: Browser) => {
  const { status, json } = await browser.getJson('/readyz');
  return { status, ...json.checks };
};

/** Another program that has the same database open. */
const openBeside = (stage: Stage): Knex =>
  createKnex({
    client: 'better-sqlite3',
    connection: { filename: join(appFolder(stage), 'push.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });

describe('the database', () => {
  test('locked by somebody else is 503 with Retry-After, /readyz says why, nothing is left, and it recovers', async () => {
    const stage = await newStage();
    const [app, browser] = await connected(stage);
    const other = openBeside(stage);
    await other.raw('BEGIN EXCLUSIVE');
    try {
      for (const bytes of [small, large]) {
        const refused = await browser.upload(bytes, fileMeta);
        expect([refused.status, refused.json.error.code]).toEqual([503, 'StorageUnavailable']);
        expect(refused.headers.get('retry-after')).not.toBeNull();
      }
      await eventually(
        'the database named',
        () => readiness(browser),
        ({ status, database }) => status === 503 && database === 'SQLITE_BUSY',
      );
      expect((await browser.getJson('/healthz')).status).toBe(200);
      await eventually(
        'no leftovers',
        () => spooled(stage),
        (names) => names.length === 0,
      );
    } finally {
      await other.raw('ROLLBACK');
      await other.destroy();
    }
    await eventually(
      'ready again',
      () => readiness(browser),
      ({ status }) => status === 200,
    );
    expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
    const { json } = await browser.upload(large, fileMeta);
    await browser.waitForState(json.id, ['delivered']);
    expect(app.errors()).toBe('');
  }, 180_000);

  test('locked while attempts end: what was delivered is not sent again', async () => {
    const stage = await newStage();
    const [app, browser] = await connected(stage);
    stage.sandbox.control.addFault({ route: 'import', times: 5, delayMs: 700 });
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => browser.upload(Buffer.concat([large, Buffer.from([n])]), fileMeta)),
    );
    const other = openBeside(stage);
    await eventually(
      'five under way',
      () => stage.sandbox.control.faults().faults,
      (faults) => faults.length === 0,
    );
    await other.raw('BEGIN EXCLUSIVE');
    await eventually(
      'five at the sandbox',
      () => stage.sandbox.control.library().files,
      (files) => files.length === 5,
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await other.raw('ROLLBACK');
    await other.destroy();
    for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
    expect(stage.sandbox.control.library().files.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1]);
    expect(app.errors()).toBe('');
  }, 180_000);

  test.each([
    ['that is none', () => randomBytes(50_000)],
    [
      'with a good beginning and nothing behind it',
      (good: Buffer) => Buffer.concat([good.subarray(0, 100), randomBytes(good.length - 100)]),
    ],
  ])(
    'file %s stops the start with its name and is not overwritten',
    async (_what, damage) => {
      const stage = await newStage();
      const [app] = await connected(stage);
      await app.end('SIGTERM');
      const path = join(appFolder(stage), 'push.sqlite');
      const damaged = damage(readFileSync(path));
      writeFileSync(path, damaged);
      const began = Date.now();
      await expect(stage.start()).rejects.toThrow(/push\.sqlite/);
      // Well before a supervisor gives up waiting for the ready line.
      expect(Date.now() - began).toBeLessThan(60_000);
      expect(readFileSync(path).equals(damaged)).toBe(true);
    },
    180_000,
  );

  test('damaged while it is in use is 503 and /readyz says why; the process lives on', async () => {
    const stage = await newStage();
    const [app, browser] = await connected(stage);
    const path = join(appFolder(stage), 'push.sqlite');
    const beside = openBeside(stage);
    await beside.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    const good = readFileSync(path);
    writeFileSync(path, Buffer.concat([good.subarray(0, 100), randomBytes(good.length - 100)]));
    // A change by somebody else makes the app read the file again instead of its own pages.
    await beside.raw('PRAGMA user_version = 7').catch(() => {});
    await beside.destroy();
    const ready = await eventually(
      'not ready',
      () => readiness(browser),
      ({ status }) => status === 503,
    );
    expect(ready.database).toMatch(/^SQLITE_/);
    expect((await browser.upload(small, fileMeta)).status).toBe(503);
    expect((await browser.getJson('/healthz')).status).toBe(200);
    expect(app.errors()).toBe('');
  });
});
