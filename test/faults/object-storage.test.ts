import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openS3Store } from '../../src/storage/index.js';
import { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, s3Credentials, startS3 } from '../support/s3-server.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
let postgres: Postgres;
let s3: S3Server;
beforeAll(async () => {
  [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
}, 180_000);
afterAll(async () => {
  await s3.close();
  await postgres.remove();
});

/** An instance with a disk of its own; only the database and the bucket are shared. */
async function starter(stage: Stage) {
  const env = {
    DATABASE_URL: await postgres.newDatabase(),
    APP_SECRET: 'a secret of thirty-two characters',
    PAYLOAD_STORE: `s3://payloads/${randomBytes(4).toString('hex')}`,
    S3_ENDPOINT: s3.weakEndpoint,
    S3_REGION: 'us-east-1',
    ...s3Credentials,
  };
  const start = (name: string, more: Record<string, string> = {}) =>
    stage.start({ dataDir: join(stage.folder, name), port: '0', env: { ...env, ...more } });
  const stored = async () => {
    const payloads = await openS3Store({
      ...{ bucket: 'payloads', endpoint: s3.endpoint, region: 'us-east-1' },
      prefix: `${env.PAYLOAD_STORE.split('/').at(-1)}/`,
    });
    return payloads.list(Date.now());
  };
  return { start, stored };
}

test('what one instance took in is delivered by another that shares no disk with it, and the bucket is empty then', async () => {
  const stage = await newStage();
  const { start, stored } = await starter(stage);
  const first = await start('one', { PUSH_LEASE_SECONDS: '1' });
  const browser = first.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const files = [randomBytes(100), randomBytes(300_000), randomBytes(11_000_000)];
  const answers = [];
  for (const bytes of files) answers.push(await browser.upload(bytes, fileMeta));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(await stored()).toHaveLength(2);
  expect(
    readdirSync(join(stage.folder, 'one'), { recursive: true }).filter((name) =>
      /[0-9a-f-]{36}/.test(String(name)),
    ),
  ).toEqual([]);
  await first.end('SIGKILL');

  const second = await start('two', { PUSH_LEASE_SECONDS: '1' });
  stage.sandbox.control.clearFaults();
  const there = new Browser(second.baseUrl);
  await there.get('/healthz');
  for (const [name, value] of browser.cookies()) there.cookies().set(name, value);
  for (const { json } of answers) await there.waitForState(json.id, ['delivered']);
  const arrived = stage.sandbox.control.library().files.map((file) => file.sha256);
  expect(arrived.sort()).toEqual(files.map(sha256).sort());
  // An object goes after the row that names it.
  await eventually('an empty bucket', stored, (names) => names.length === 0);
}, 180_000);

test('a bucket that is away: uploads get 503 with Retry-After and leave nothing, small ones go on, and what waited is sent when it is back', async () => {
  const stage = await newStage();
  const { start, stored } = await starter(stage);
  const app = await start('one');
  const browser = app.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const large = randomBytes(400_000);
  const waiting = await browser.upload(large, fileMeta);
  expect(waiting.status).toBe(202);
  s3.cut();
  const refused = await browser.upload(randomBytes(400_000), fileMeta);
  expect([refused.status, refused.json.error.code]).toEqual([503, 'StorageUnavailable']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await browser.upload(randomBytes(1000), fileMeta)).status).toBe(202);
  await eventually(
    'not ready',
    () => browser.getJson('/readyz'),
    ({ status }) => status === 503,
  );
  stage.sandbox.control.clearFaults();
  s3.mend();
  await browser.waitForState(waiting.json.id, ['delivered']);
  const again = await browser.upload(randomBytes(400_000), fileMeta);
  await browser.waitForState(again.json.id, ['delivered']);
  expect(stage.sandbox.control.library().files.map((file) => file.sha256)).toContain(sha256(large));
  // An object goes after the row that names it.
  await eventually('an empty bucket', stored, (names) => names.length === 0);
}, 180_000);
