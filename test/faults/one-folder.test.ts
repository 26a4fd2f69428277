import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fileMeta } from '../support/multipart.js';
import { stages } from '../support/with-child.js';

const newStage = stages();

test('a second process on the same folder does not start and says why; the first one goes on', async () => {
  const stage = await newStage();
  const first = await stage.start();
  const browser = first.browser();
  await browser.connect();
  await expect(stage.start({ port: '0' })).rejects.toThrow(/another process of this app is running on .*app/);
  const { json } = await browser.upload(randomBytes(100_000), fileMeta);
  await browser.waitForState(json.id, ['delivered']);
  expect(first.errors()).toBe('');
}, 180_000);

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a process that ended with %s leaves no lock behind',
  async (signal) => {
    const stage = await newStage();
    const first = await stage.start();
    await first.browser().connect();
    await first.end(signal);
    const second = await stage.start();
    expect((await second.browser().get('/healthz')).status).toBe(200);
    expect(second.errors()).toBe('');
  },
  180_000,
);

test('a secret that was cut short stops the start and names its file; nothing is put in its place', async () => {
  const stage = await newStage();
  const folder = join(stage.folder, 'app');
  mkdirSync(folder);
  writeFileSync(join(folder, 'app-secret'), 'half');
  await expect(stage.start()).rejects.toThrow(/app-secret is damaged: it has 4 characters/);
  expect(readFileSync(join(folder, 'app-secret'), 'utf8')).toBe('half');
}, 180_000);
