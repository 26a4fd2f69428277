import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { strFromU8, unzipSync } from 'fflate';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

let inspected: InspectedApp;
let folder: string;
beforeAll(async () => {
  inspected = await startInspectedApp();
  folder = await mkdtemp(join(tmpdir(), 'project-'));
});
afterAll(async () => {
  await inspected.close();
  await rm(folder, { recursive: true, force: true });
});

test('the steps become a project that is unzipped, started and pushes to the sandbox', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const descriptor = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }], tags: ['taken-home'] };
  const accepted = await browser.upload('a note', descriptor);
  await browser.waitForState(accepted.json.id, ['delivered']);
  const answer = await fetch(new URL('/inspector/project.zip', inspected.app.baseUrl), {
    headers: { cookie: [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ') },
  });
  expect(answer.headers.get('content-type')).toBe('application/zip');
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  expect(strFromU8(files['push.ts'] ?? new Uint8Array())).not.toContain('PRIVATE KEY-----');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const child = spawn('npm', ['start'], { cwd: folder, env: { ...process.env, PORT: '0', FILE: '' } });
  let said = '';
  const waiting = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
        const url = /allow it: (\S+)/.exec(said)?.[1];
        if (url) resolve(url);
      });
  });
  const exited = once(child, 'exit');
  const url = await Promise.race([waiting, exited.then(() => Promise.reject(new Error(said)))]);
  const callback = await browser.decide(url);
  expect((await fetch(callback)).status).toBe(200);
  expect([(await exited)[0], said.includes('Delivered.')]).toEqual([0, true]);
  const pushed = inspected.sandbox.control
    .library()
    .files.filter(({ descriptor: { tags } }) => tags?.includes('taken-home'));
  expect(pushed.map(({ size }) => size)).toEqual(
    ['a note', 'Hello from my own project'].map((text) => Buffer.byteLength(text)),
  );
}, 300_000);
