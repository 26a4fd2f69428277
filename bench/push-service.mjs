import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runApp } from '../scripts/run-app.mjs';
import { median } from './row.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const small = { bytes: 10 * 1024, count: 3000, atOnce: 16 };
const largeBytes = 512 * 2 ** 20;
const rounds = 3;

/**
 * What the app costs beside a bare proxy (the least) and beside the naive way of the documentation (what most build),
 * all three against the same stub of digi.me in one run: delivered small pushes per second, MiB per second and peak
 * memory of one large file.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchPushService() {
  const stub = fork(here('stub-platform.mjs'));
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const [stubPort] = await once(stub, 'message');
    const start = {
      proxy: () => startProxy(stubPort),
      naive: () => startNaive(stubPort),
      app: () => startApp(stubPort, dataDir),
    };
    const measured = await withAll(start, (contenders) => smallPushes(stub, contenders));
    // In processes of their own, one at a time: the memory of one large file, not what thousands of small ones left
    // behind; and freeing gigabytes keeps the naive one's cores busy long after it has answered.
    const large = {};
    for (const [name, begin] of Object.entries(start)) {
      Object.assign(large, await withAll({ [name]: begin }, (contenders) => largeFiles(stub, contenders)));
    }
    return rowsOf(measured, large);
  } finally {
    stub.disconnect();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function withAll(start, work) {
  const contenders = {};
  for (const [name, begin] of Object.entries(start)) contenders[name] = await begin();
  try {
    return await work(contenders);
  } finally {
    for (const { child } of Object.values(contenders)) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }
}

async function startProxy(stubPort) {
  const child = fork(here('baseline-proxy.mjs'), [String(stubPort)]);
  const [port] = await once(child, 'message');
  return {
    child,
    port,
    path: '/',
    wrap: (body) => ({ headers: {}, head: Buffer.alloc(0), body, tail: Buffer.alloc(0) }),
  };
}

async function startNaive(stubPort) {
  const credentials = await (await fetch(`http://127.0.0.1:${stubPort}/sandbox/credentials`)).json();
  const child = fork(here('baseline-naive.mjs'), [
    String(stubPort),
    Buffer.from(credentials.contracts[0].privateKey).toString('base64'),
  ]);
  const [port] = await once(child, 'message');
  return { child, port, path: '/push/library', wrap: multipart };
}

/** @param moreOptions for Node itself */
export async function startApp(stubPort, dataDir, moreOptions = []) {
  const app = runApp({
    // How the image and `npm start` run it.
    nodeOptions: ['--max-semi-space-size=2', ...moreOptions],
    env: {
      DATA_DIR: dataDir,
      DIGIME_MODE: 'sandbox',
      SANDBOX_URL: `http://127.0.0.1:${stubPort}/`,
      LOG_LEVEL: 'warn',
      MAX_UPLOAD_BYTES: String(2 ** 30),
      RATE_LIMIT_UPLOADS_PER_MINUTE: '1000000',
    },
  });
  const port = Number(new URL(await app.ready).port);
  return {
    child: app.child,
    port,
    path: '/push/library',
    wrap: multipart,
    headers: { Cookie: await connect(port, stubPort), Accept: 'application/json' },
  };
}

/** Walks the authorization by script. @returns the session's cookie */
export async function connect(port, stubPort) {
  const base = `http://localhost:${port}`;
  const cookieOf = (answer) => answer.headers.getSetCookie()[0].split(';')[0];
  const started = await fetch(`${base}/authorize`, { method: 'POST', redirect: 'manual' });
  const { state } = await (await fetch(`http://127.0.0.1:${stubPort}/last-state`)).json();
  const back = await fetch(`${base}/return?success=true&code=c&state=${state}`, {
    redirect: 'manual',
    headers: { Cookie: cookieOf(started) },
  });
  if (back.status !== 303) throw new Error(`the callback answered ${back.status}`);
  return cookieOf(back);
}

export function multipart(body) {
  const boundary = 'bench-boundary';
  const fileMeta = JSON.stringify({
    mimeType: 'application/octet-stream',
    accounts: [{ accountId: 'patient-1' }],
    tags: ['bench'],
  });
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="fileMeta"\r\n\r\n${fileMeta}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="scan.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    head: Buffer.from(head),
    body,
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}

const agent = new http.Agent({ keepAlive: true });

/** Sends one body of `parts` and waits for the answer. */
export function send({ port, path, headers = {} }, { parts, contentHeaders }) {
  const length = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent,
        headers: { ...headers, ...contentHeaders, 'Content-Length': length },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode < 400 ? resolve() : reject(new Error(`answered ${answer.statusCode}`)),
        );
      },
    );
    request.on('error', reject);
    writeAll(request, parts).catch(reject);
  });
}

async function writeAll(request, parts) {
  for (const { chunk, bytes } of parts) {
    for (let left = bytes; left > 0; left -= chunk.length) {
      if (!request.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(request, 'drain');
    }
  }
  request.end();
}

export function bodyOf(contender, chunk, bytes) {
  const { headers, head, tail } = contender.wrap(chunk);
  const parts = [
    { chunk: head, bytes: head.length },
    { chunk, bytes },
    { chunk: tail, bytes: tail.length },
  ];
  return { parts: parts.filter((part) => part.bytes > 0), contentHeaders: headers };
}

export async function ask(stub, question) {
  stub.send(question);
  return (await once(stub, 'message'))[0];
}

/** Waits until `count` imports have arrived since the last reset: accepted is not delivered. */
export async function delivered(stub, count) {
  for (;;) {
    const facts = await ask(stub, 'count');
    if (facts.imports >= count) return facts;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function burst(stub, contender, count) {
  const body = bodyOf(contender, randomBytes(small.bytes), small.bytes);
  await ask(stub, 'reset');
  const begun = Date.now();
  let next = 0;
  const worker = async () => {
    while (next++ < count) await send(contender, body);
  };
  await Promise.all(Array.from({ length: small.atOnce }, worker));
  const { lastAt } = await delivered(stub, count);
  return (count * 1000) / (lastAt - begun);
}

async function smallPushes(stub, contenders) {
  const measured = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, { rates: [], cpuUs: [] }]),
  );
  for (const contender of Object.values(contenders)) await burst(stub, contender, 300);
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const before = cpuMs(contender.child.pid);
      measured[name].rates.push(await burst(stub, contender, small.count));
      measured[name].cpuUs.push(((cpuMs(contender.child.pid) - before) * 1000) / small.count);
    }
  }
  return measured;
}

/** CPU that a process has used so far, user and system, all threads, in milliseconds; only Linux tells. */
function cpuMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    // proc(5): utime and stime, in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

async function largeFiles(stub, contenders) {
  const chunk = randomBytes(2 ** 20);
  const speeds = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      await ask(stub, 'reset');
      const begun = Date.now();
      await send(contender, bodyOf(contender, chunk, largeBytes));
      const { lastAt, bytes } = await delivered(stub, 1);
      if (bytes !== largeBytes) throw new Error(`${name} delivered ${bytes} of ${largeBytes} bytes`);
      speeds[name].push((largeBytes / 2 ** 20 / (lastAt - begun)) * 1000);
    }
  }
  return Object.fromEntries(
    Object.entries(contenders).map(([name, { child }]) => [
      name,
      { mibPerSecond: median(speeds[name]), peakMiB: peakMiB(child.pid) },
    ]),
  );
}

/** The most memory the process ever held, in MiB; only Linux tells. */
function peakMiB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

function rowsOf(measured, large) {
  const names = { proxy: '(a) bare proxy', naive: '(b) naive way', app: '(c) this app' };
  const middle = (key) =>
    Object.fromEntries(Object.entries(measured).map(([name, values]) => [name, median(values[key])]));
  const [rate, cpu] = [middle('rates'), middle('cpuUs')];
  const versus = (value, baseline, goal) => ({
    ratio: `${(value / baseline).toFixed(2)} ×`,
    goal: `≥ ${goal} ×`,
    reached: value / baseline >= goal,
  });
  return [
    ...Object.keys(names).map((name) => ({
      what: `push: 10 kB delivered, 16 at once, ${names[name]}`,
      value: Math.round(rate[name]),
      unit: '/s',
      ...(name === 'app' && versus(rate.app, rate.naive, 2)),
    })),
    ...Object.keys(names).map((name) => ({
      what: `push: CPU per push of 10 kB, all threads, ${names[name]}`,
      value: Math.round(cpu[name]),
      unit: 'µs',
      ...(name === 'app' && { ratio: `${(cpu.app / cpu.naive).toFixed(2)} ×` }),
    })),
    ...Object.keys(names).map((name) => ({
      what: `push: one file of 512 MiB, ${names[name]}`,
      value: Math.round(large[name].mibPerSecond),
      unit: 'MiB/s',
      ...(name === 'app' && versus(large.app.mibPerSecond, large.proxy.mibPerSecond, 0.5)),
    })),
    ...Object.keys(names).map((name) => ({
      what: `push: peak memory after that, ${names[name]}`,
      value: Math.round(large[name].peakMiB),
      unit: 'MiB',
      ...(name === 'app' && { goal: '≤ 150 MiB', reached: large.app.peakMiB <= 150 }),
    })),
  ];
}
