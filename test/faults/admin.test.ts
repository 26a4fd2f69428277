import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mainPath } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
const old = 'the first secret of at least thirty-two characters';
const fresh = 'another secret that came after it, as long as that';
const appFolder = (stage: Stage) => join(stage.folder, 'app');

/** Runs a command as an operator does, with the app's settings. */
function admin(stage: Stage, words: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; text: string }>((resolve) => {
    execFile(
      process.execPath,
      [mainPath, 'admin', ...words],
      {
        cwd: stage.folder,
        env: { PATH: process.env.PATH, DATA_DIR: appFolder(stage), SANDBOX_URL: stage.sandbox.url, ...env },
      },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const hashesThere = (stage: Stage) => stage.sandbox.control.library().files.map((file) => file.sha256);

test('after a new secret the old one still opens sessions, tokens and payloads; resealed, it is not needed any more', async () => {
  const stage = await newStage();
  const slow = { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' };
  const first = await stage.start({ env: { APP_SECRET: old, ...slow } });
  const browser = first.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 2, status: 503 });
  const files = [randomBytes(300), randomBytes(100_000)];
  const [one, two] = await Promise.all(files.map((bytes) => browser.upload(bytes, fileMeta)));
  for (const answer of [one, two])
    await eventually(
      'its first attempt',
      async () => (await browser.getJson(`/pushes/${answer?.json.id}`)).json,
      ({ state, attempts }) => state === 'queued' && attempts.length === 1,
    );
  await first.end('SIGTERM');

  const second = await stage.start({ env: { APP_SECRET: fresh, APP_SECRET_PREVIOUS: old, ...slow } });
  expect((await browser.getJson('/')).json.connections).toHaveLength(1);
  await browser.post(`/pushes/${one?.json.id}/retry`);
  await browser.waitForState(one?.json.id, ['delivered']);
  const resealed = await admin(stage, ['reseal'], { APP_SECRET: fresh, APP_SECRET_PREVIOUS: old });
  expect(resealed).toMatchObject({
    code: 0,
    text: expect.stringContaining(' 0 could be opened with neither'),
  });
  await second.end('SIGTERM');

  const third = await stage.start({ env: { APP_SECRET: fresh, ...slow } });
  await browser.post(`/pushes/${two?.json.id}/retry`);
  expect((await browser.getJson('/')).json.connections).toHaveLength(1);
  await browser.waitForState(two?.json.id, ['delivered']);
  expect(hashesThere(stage).sort()).toEqual(files.map(sha256).sort());
  expect(third.errors()).toBe('');
}, 180_000);

test('a backup that was made while the app ran gives everything back on another machine', async () => {
  const stage = await newStage();
  const app = await stage.start();
  const browser = app.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const bytes = randomBytes(200_000);
  const { json } = await browser.upload(bytes, fileMeta);
  const target = join(stage.folder, 'backup');
  expect(await admin(stage, ['backup', target])).toMatchObject({
    code: 0,
    text: expect.stringContaining('1 payload file'),
  });
  expect(readdirSync(target).sort()).toEqual(['app-secret', 'push.sqlite', 'spool']);
  expect((await admin(stage, ['backup', target])).text).toContain('exists');
  const inBucket = { PAYLOAD_STORE: 's3://elsewhere/app' };
  expect(await admin(stage, ['backup', join(stage.folder, 'with-bucket')], inBucket)).toMatchObject({
    code: 0,
    text: expect.stringContaining('1 payloads are in the bucket elsewhere'),
  });
  const withoutOne = await admin(stage, ['backup', join(stage.folder, 'own-sandbox')], { SANDBOX_URL: '' });
  expect(withoutOne.text).toContain('the state of the sandbox (DATA_DIR/sandbox) is not among them');
  expect((await admin(stage, ['restore', target])).text).toContain('another process of this app is running');
  await app.end('SIGKILL');
  expect((await admin(stage, ['restore', target])).text).toContain('move the old data away first');
  rmSync(appFolder(stage), { recursive: true });
  expect((await admin(stage, ['restore', target])).code).toBe(0);
  stage.sandbox.control.clearFaults();
  await stage.start();
  await browser.waitForState(json.id, ['delivered']);
  expect(hashesThere(stage)).toEqual([sha256(bytes)]);
}, 180_000);

test('says what is there, puts failed pushes back into the queue, and explains itself', async () => {
  const stage = await newStage();
  const app = await stage.start();
  const browser = app.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 1, status: 403 });
  const { json } = await browser.upload(randomBytes(1000), fileMeta);
  await browser.waitForState(json.id, ['failed']);
  expect((await admin(stage, ['stats'])).text).toMatch(/pushes failed +1\n.*connections active +1/s);
  expect((await admin(stage, ['retry-failed'])).text).toContain('1 failed push');
  await browser.waitForState(json.id, ['delivered']);
  const unknown = await admin(stage, ['toString']);
  expect(unknown.code).toBe(1);
  expect(unknown.text).toContain('retry-failed');
}, 180_000);
