import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { mainPath, startChild } from '../support/child-app.js';
import { boundary, fileMeta, filePart, metaPart, multipart, openUpload } from '../support/multipart.js';

const mebibyte = 2 ** 20;
const sizeMebibytes = 1024;
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A sandbox of its own process: its memory is not the app's, and hashing a gigabyte must not hold up the test. */
async function sandboxProcess(dataDir: string): Promise<string> {
  const child = spawn(process.execPath, [mainPath, 'sandbox'], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, SANDBOX_PORT: '0', LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endings.push(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('exit', () => reject(new Error(`the sandbox did not start: ${said}`)));
    child.stdout.on('data', (text) => {
      said += String(text);
      const url = /sandbox ready on (\S+)\n/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Peak of the resident memory, in MiB: the kernel's own record where there is one, else the highest of many looks. */
function watchPeak(pid: number): () => number {
  if (existsSync('/proc/self/status'))
    return () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024);
    return peak;
  };
  const timer = setInterval(look, 100);
  endings.push(async () => clearInterval(timer));
  return look;
}

test('1 GiB through the app, in and out, adds less than 100 MiB to the peak of its memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  const sandboxUrl = await sandboxProcess(join(folder, 'platform'));
  const app = await startChild({
    dataDir: join(folder, 'app'),
    sandboxUrl,
    env: { MAX_UPLOAD_BYTES: '1200000000' },
  });
  endings.push(() => app.end('SIGKILL'));
  const browser = app.browser();
  await browser.connect();
  const warmUp = await browser.upload(randomBytes(mebibyte), fileMeta);
  await browser.waitForState(warmUp.json.id, ['delivered']);
  const peak = watchPeak(app.pid);
  const before = peak();

  const frame = multipart([metaPart(), filePart('')]);
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const { outgoing, answer } = openUpload(browser, app.baseUrl, {
    'content-length': frame.length + sizeMebibytes * mebibyte,
  });
  outgoing.write(frame.subarray(0, -end.length));
  const hash = createHash('sha256');
  const piece = randomBytes(mebibyte);
  for (let number = 0; number < sizeMebibytes; number++) {
    // Each piece differs, so that a lost, repeated or exchanged one would show.
    piece.writeUInt32BE(number);
    const chunk = Buffer.from(piece);
    hash.update(chunk);
    if (!outgoing.write(chunk)) await once(outgoing, 'drain');
  }
  outgoing.end(end);
  const accepted = await answer;
  expect(accepted.status).toBe(202);
  const push = await browser.waitForState(accepted.json.id, ['delivered'], 300_000);
  const sha256 = hash.digest('hex');
  expect(push).toMatchObject({ size: sizeMebibytes * mebibyte, sha256, attemptCount: 1 });
  const library = await fetch(new URL('sandbox/library', `${sandboxUrl}/`));
  const { files } = (await library.json()) as { files: { sha256: string }[] };
  expect(files.map((file) => file.sha256)).toContain(sha256);
  const added = peak() - before;
  process.stdout.write(`1 GiB: peak ${peak().toFixed(0)} MiB, ${added.toFixed(0)} MiB more than before\n`);
  expect(added).toBeLessThan(100);
}, 600_000);
