import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { stages } from '../support/with-child.js';

const newStage = stages();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const preload = new URL('../support/shadow-disk.mjs', import.meta.url).href;
const appSecret = 'the same secret before the power cut and after it';

/** Puts into `dataDir` what the disk still had: a file whose bytes were never synced is there by name, and empty. */
function restore(shadow: string, dataDir: string): void {
  const cut = join(shadow, readFileSync(join(shadow, 'latest'), 'utf8'));
  mkdirSync(join(dataDir, 'spool'), { recursive: true });
  for (const name of readdirSync(cut))
    if (name.startsWith('push.sqlite')) copyFileSync(join(cut, name), join(dataDir, name));
  const names: Record<string, string> = JSON.parse(readFileSync(join(cut, 'names.json'), 'utf8'));
  for (const [name, inode] of Object.entries(names)) {
    const bytes = join(shadow, 'inodes', inode);
    if (existsSync(bytes)) copyFileSync(bytes, join(dataDir, 'spool', name));
    else writeFileSync(join(dataDir, 'spool', name), '');
  }
}

test('the power fails: what was accepted is there without anything that had not been synced, and is delivered', async () => {
  const stage = await newStage();
  const shadow = join(stage.folder, 'shadow');
  const app = await stage.start({
    env: {
      APP_SECRET: appSecret,
      PUSH_CONCURRENCY: '2',
      NODE_OPTIONS: `--import ${preload}`,
      SHADOW_FOLDER: shadow,
    },
  });
  const browser = app.browser();
  await browser.connect();
  // Nothing is delivered before: two never get an answer, and the others wait for their turn.
  stage.sandbox.control.addFault({ route: 'import', times: 2, behaviour: 'hang' });
  const files = [100, 10_000, 65_536, 65_537, 300_000, 2_500_000, 70_000, 900].map((size) =>
    randomBytes(size),
  );
  const accepted = new Map<string, string>();
  const sending = files.map(async (bytes) => {
    const answer = await browser.upload(bytes, fileMeta);
    if (answer.status === 202) accepted.set(answer.json.id, sha256(bytes));
  });
  // In the middle of the others; each size comes first in some run, since all are sent at once.
  await eventually(
    'most of them accepted',
    () => accepted.size,
    (count) => count >= files.length - 2,
  );
  await app.end('SIGKILL');
  await Promise.allSettled(sending);
  stage.sandbox.control.clearFaults();

  const dataDir = join(stage.folder, 'after-the-cut');
  restore(shadow, dataDir);
  await stage.start({ dataDir, env: { APP_SECRET: appSecret } });
  for (const id of accepted.keys()) await browser.waitForState(id, ['delivered']);
  const arrived = stage.sandbox.control.library().files.map((file) => file.sha256);
  expect(arrived).toEqual(expect.arrayContaining([...accepted.values()]));
});
