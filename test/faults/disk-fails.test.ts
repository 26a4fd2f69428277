import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import type { ChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { fileMeta, filePart, metaPart, multipart, openUpload } from '../support/multipart.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
const appFolder = ({ folder }: Stage) => join(folder, 'app');
const spooled = (stage: Stage) => readdirSync(join(appFolder(stage), 'spool'));
const large = randomBytes(400_000);
const small = randomBytes(400);

async function connected(
  stage: Stage,
  options?: Parameters<Stage['start']>[0],
): Promise<[ChildApp, Browser]> {
  const app = await stage.start(options);
  const browser = app.browser();
  await browser.connect();
  return [app, browser];
}

const readiness = async (browser: Browser) => {
  const { status, json } = await browser.getJson('/readyz');
  return { status, ...json.checks };
};

/** The checks run at most once a second: what they say follows shortly. */
const becomes = (browser: Browser, expected: Awaited<ReturnType<typeof readiness>>) =>
  eventually(
    `readiness ${JSON.stringify(expected)}`,
    () => readiness(browser),
    (now) => JSON.stringify(now) === JSON.stringify(expected),
  );

async function deliversAgain(browser: Browser, app: ChildApp): Promise<void> {
  const { status, json } = await browser.upload(large, fileMeta);
  expect(status).toBe(202);
  await browser.waitForState(json.id, ['delivered']);
  expect(app.errors()).toBe('');
}

interface SmallDisk {
  how: string;
  options: Parameters<Stage['start']>[0];
  mount(stage: Stage): void;
  /** Called when an upload is under way. */
  fill(stage: Stage): void;
  unmount(stage: Stage): void;
}

const spoolOf = (stage: Stage) => join(appFolder(stage), 'spool');

function mountDisk(folder: string): void {
  mkdirSync(folder, { recursive: true });
  // A little more than the reserve that an upload must leave free.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=130m', 'tmpfs', folder], { stdio: 'ignore' });
}

/** A disk of its own where this machine lets us mount one (root), else a limit on the size of files. */
function smallDisk(): SmallDisk {
  const probe = join(tmpdir(), `mount-${process.pid}`);
  try {
    mountDisk(probe);
    execFileSync('umount', [probe]);
  } catch {
    return {
      how: 'by a limit on the size of files (EFBIG), because no disk can be mounted here',
      // In blocks of 512 bytes: the database may grow, a large payload may not.
      options: { prefix: ['bash', '-c', 'ulimit -f 1000; exec "$@"', 'bash'] },
      mount: () => {},
      fill: () => {},
      unmount: () => {},
    };
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
  return {
    how: 'by a disk that somebody else fills up (ENOSPC)',
    options: {},
    mount: (stage) => mountDisk(spoolOf(stage)),
    fill: (stage) => {
      try {
        writeFileSync(join(spoolOf(stage), 'another-program'), Buffer.alloc(140 * 2 ** 20));
      } catch {
        // It is full now.
      }
    },
    unmount: (stage) => void execFileSync('umount', ['-l', spoolOf(stage)]),
  };
}

const disk = smallDisk();

test(`a disk that is full is 507 and never 202, and leaves nothing behind – made ${disk.how}`, async () => {
  const stage = await newStage();
  disk.mount(stage);
  try {
    const [app, browser] = await connected(stage, disk.options);
    const whole = multipart([metaPart(), filePart(randomBytes(1_500_000))]);
    const { outgoing, answer } = openUpload(browser, app.baseUrl, { 'content-length': whole.length });
    outgoing.write(whole.subarray(0, 400_000));
    await eventually(
      'a file in the spool',
      () => spooled(stage),
      (names) => names.length === 1,
    );
    disk.fill(stage);
    outgoing.end(whole.subarray(400_000));
    const refused = await answer;
    expect([refused.status, refused.json.error.code]).toEqual([507, 'StorageFull']);
    expect(refused.headers['retry-after']).toBeDefined();
    const leftovers = () => spooled(stage).filter((name) => name !== 'another-program');
    await eventually('no leftovers', leftovers, (names) => names.length === 0);
    // Before the first byte is written where that can be seen, else as soon as it fails.
    const again = await browser.upload(randomBytes(1_500_000), fileMeta);
    expect([again.status, again.json.error.code]).toEqual([507, 'StorageFull']);
    await eventually('no leftovers', leftovers, (names) => names.length === 0);
    expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
    // What fits into the ledger is still taken.
    const { json } = await browser.upload(small, fileMeta);
    await browser.waitForState(json.id, ['delivered']);
    expect(app.errors()).toBe('');
    await app.end('SIGKILL');
  } finally {
    disk.unmount(stage);
  }
});

test('a spool that can’t be written is 503, /readyz names it, and it recovers by itself', async () => {
  const stage = await newStage();
  const [app, browser] = await connected(stage);
  expect(await readiness(browser)).toEqual({ status: 200, database: 'ok', spool: 'ok' });
  const spool = join(appFolder(stage), 'spool');
  // Permissions do not stop root: a file in the folder's place stops everybody.
  renameSync(spool, `${spool}-away`);
  writeFileSync(spool, 'not a folder');
  const refused = await browser.upload(large, fileMeta);
  expect([refused.status, refused.json.error.code]).toEqual([503, 'StorageUnavailable']);
  await becomes(browser, { status: 503, database: 'ok', spool: 'ENOTDIR' });
  rmSync(spool);
  await becomes(browser, { status: 503, database: 'ok', spool: 'ENOENT' });
  expect((await browser.upload(large, fileMeta)).status).toBe(503);
  renameSync(`${spool}-away`, spool);
  await becomes(browser, { status: 200, database: 'ok', spool: 'ok' });
  await deliversAgain(browser, app);
});

test('pushes whose spool vanishes for a while are not given up', async () => {
  const stage = await newStage();
  const [app, browser] = await connected(stage);
  stage.sandbox.control.addFault({ route: 'import', times: 10_000, status: 503 });
  const { json } = await browser.upload(large, fileMeta);
  const spool = join(appFolder(stage), 'spool');
  renameSync(spool, `${spool}-away`);
  stage.sandbox.control.clearFaults();
  await eventually(
    'an attempt without the file',
    async () => (await browser.getJson(`/pushes/${json.id}`)).json.lastError?.code,
    (code) => code === 'FileSourceFailed',
  );
  renameSync(`${spool}-away`, spool);
  const delivered = await browser.waitForState(json.id, ['delivered']);
  expect(delivered.sha256).toBe(createHash('sha256').update(large).digest('hex'));
  expect(app.errors()).toBe('');
});
