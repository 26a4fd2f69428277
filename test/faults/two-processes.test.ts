import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 180_000);
afterAll(() => postgres.remove());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const secret = { APP_SECRET: 'a secret of thirty-two characters' };

/** Two processes that share the database and the folder of payloads, as behind a load balancer. */
async function startTwo(stage: Stage, env: Record<string, string> = {}) {
  const shared = { DATABASE_URL: await postgres.newDatabase(), ...secret, ...env };
  const first = await stage.start({ env: shared });
  const second = await stage.start({ env: shared, port: '0' });
  const browser = first.browser();
  await browser.connect();
  // The session is in the shared database; cookies do not know of ports, but the test's jar does.
  const there = new Browser(second.baseUrl);
  for (const [name, value] of browser.cookies()) there.cookies().set(name, value);
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const upload = (toSecond: boolean, bytes: Buffer) =>
    toSecond ? there.upload(bytes, fileMeta, { headers: { cookie } }) : browser.upload(bytes, fileMeta);
  return { first, second, browser, upload, shared };
}

test('share the work: everything is delivered once, whoever took it in', async () => {
  const stage = await newStage();
  const { browser, upload, first, second } = await startTwo(stage, { PUSH_CONCURRENCY: '4' });
  // Slow answers, so that there is always something to take over.
  stage.sandbox.control.addFault({ route: 'import', times: 60, delayMs: 50 });
  const files = Array.from({ length: 60 }, (_, n) => randomBytes(n % 2 ? 1000 : 100_000));
  const answers = await Promise.all(files.map((bytes, n) => upload(n % 3 === 0, bytes)));
  expect(answers.map(({ status }) => status)).toEqual(files.map(() => 202));
  for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
  const arrived = stage.sandbox.control.library().files;
  expect(arrived.map((file) => file.sha256).sort()).toEqual(files.map(sha256).sort());
  expect(arrived.every(({ count }) => count === 1)).toBe(true);
  expect(first.errors() + second.errors()).toBe('');
}, 180_000);

test('an expired token is refreshed once by both together', async () => {
  const stage = await newStage();
  const { browser, upload } = await startTwo(stage);
  stage.sandbox.control.advanceClock(7200);
  stage.sandbox.control.clearRequests();
  stage.sandbox.control.addFault({ route: 'token', times: 1, delayMs: 300 });
  const files = Array.from({ length: 20 }, (_, n) => randomBytes(1000 + n));
  const answers = await Promise.all(files.map((bytes, n) => upload(n % 2 === 0, bytes)));
  for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
  const routes = stage.sandbox.control.requests().requests.map(({ route }) => route);
  expect(routes.filter((route) => route === 'token')).toHaveLength(1);
  expect(stage.sandbox.control.library().files.map(({ count }) => count)).toEqual(files.map(() => 1));
}, 180_000);

test('what one held when it was killed the other one delivers, once its lease has run out', async () => {
  const stage = await newStage();
  const { first, browser, upload, second } = await startTwo(stage, { PUSH_LEASE_SECONDS: '1' });
  stage.sandbox.control.addFault({ route: 'import', times: 3, behaviour: 'hang' });
  const files = [randomBytes(500), randomBytes(100_000), randomBytes(200_000)];
  const answers = await Promise.all(files.map((bytes) => upload(true, bytes)));
  for (const { json } of answers) await browser.waitForState(json.id, ['pushing']);
  await eventually(
    'three hanging',
    () => stage.sandbox.control.faults().faults,
    (faults) => faults.length === 0,
  );
  await second.end('SIGKILL');
  for (const { json } of answers) {
    const push = await browser.waitForState(json.id, ['delivered']);
    expect(push).toMatchObject({ attemptCount: 2, possiblyDuplicated: true });
  }
  expect(
    stage.sandbox.control
      .library()
      .files.map((file) => file.sha256)
      .sort(),
  ).toEqual(files.map(sha256).sort());
  expect(first.errors()).toBe('');
}, 180_000);

test('a process that starts beside another leaves alone what that one is receiving', async () => {
  const stage = await newStage();
  const { browser, upload, shared } = await startTwo(stage);
  const bytes = randomBytes(5_000_000);
  const uploads = Promise.all(
    [1, 2, 3, 4].map((n) => upload(false, Buffer.concat([bytes, Buffer.from([n])]))),
  );
  const third = await stage.start({ env: shared, port: '0' });
  const answers = await uploads;
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
  expect(third.errors()).toBe('');
}, 180_000);

test('while PostgreSQL is away uploads get 503 and /readyz says why; when it is back all goes on', async () => {
  const stage = await newStage();
  const { first, browser, upload } = await startTwo(stage);
  stage.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const waiting = await upload(false, randomBytes(100_000));
  await postgres.stop();
  try {
    const refused = await upload(false, randomBytes(1000));
    expect([refused.status, refused.json.error.code]).toEqual([503, 'StorageUnavailable']);
    const ready = await eventually(
      'not ready',
      () => browser.getJson('/readyz'),
      ({ status }) => status === 503,
    );
    expect(ready.json.checks.database).not.toBe('ok');
  } finally {
    await postgres.start();
  }
  stage.sandbox.control.clearFaults();
  await eventually(
    'ready',
    () => browser.getJson('/readyz'),
    ({ status }) => status === 200,
  );
  await browser.waitForState(waiting.json.id, ['delivered']);
  const after = await upload(false, randomBytes(1000));
  expect(after.status).toBe(202);
  await browser.waitForState(after.json.id, ['delivered']);
  expect(first.errors()).toBe('');
}, 180_000);
