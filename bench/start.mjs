import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { runApp } from '../scripts/run-app.mjs';
import { root } from '../scripts/run-command.mjs';
import { median } from './row.mjs';

const goalMs = 500;
const idleAfterMs = 3000;
/** In the order in which a start comes by them; each brings what those before have not loaded yet. */
const rooms = ['config', 'storage', 'web', 'sandbox', 'push', 'start-app.js'];

/**
 * From the start of the process until `/readyz` has answered: time and processor time, with a data folder that exists,
 * with a new one (where the sandbox makes its keys), and by the script of `npm start`; how the loading of the code is
 * spread over the rooms; the memory of an app that nobody uses. Medians of `BENCH_STARTS` starts (11).
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchStart() {
  const count = Number(process.env.BENCH_STARTS ?? 11);
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  const kept = join(folder, 'kept');
  await startOnce(kept);
  const runs = { kept: [], fresh: [], script: [], bare: [], rooms: [] };
  try {
    // In turns, so that a busy moment of the machine meets all of them.
    for (let n = 0; n < count; n++) {
      runs.bare.push(bareMs());
      runs.rooms.push(loadRooms());
      runs.kept.push(await startOnce(kept));
      runs.fresh.push(await startOnce(join(folder, `fresh-${n}`)));
      runs.script.push(await startOnce(kept, join(root, 'scripts/start.mjs')));
    }
    const residentMiB = await idleMemory(kept);
    return [
      ...rowsOf('a data folder that exists', runs.kept, goalMs),
      ...rowsOf('a new data folder', runs.fresh),
      ...rowsOf('npm start, without npm', runs.script),
      { what: 'start: Node itself', value: median(runs.bare), unit: 'ms CPU' },
      ...rooms.map((room, at) => ({
        what: `start: loading ${room}`,
        value: median(runs.rooms.map((costs) => costs[at])),
        unit: 'ms CPU',
      })),
      { what: `start: memory after ${idleAfterMs / 1000} s`, value: residentMiB, unit: 'MiB' },
    ].filter(({ value }) => !Number.isNaN(value));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf(how, runs, goal) {
  const value = Math.round(median(runs.map(({ ms }) => ms)));
  return [
    {
      what: `start: until ready is answered, ${how}`,
      value,
      unit: 'ms',
      ...(goal && { goal: `< ${goal} ms`, reached: value < goal }),
    },
    {
      what: `start: its processor time, ${how}`,
      value: median(runs.map(({ cpuMs }) => cpuMs)),
      unit: 'ms CPU',
    },
  ];
}

const run = (dataDir, main) =>
  runApp({
    env: { DATA_DIR: dataDir, DIGIME_MODE: 'sandbox', LOG_LEVEL: 'warn' },
    nodeOptions: ['--max-semi-space-size=2'],
    ...(main && { main }),
  });

async function startOnce(dataDir, main) {
  const begun = performance.now();
  const app = run(dataDir, main);
  try {
    await (await fetch(`${await app.ready}/readyz`)).text();
    return { ms: performance.now() - begun, cpuMs: cpuMsOf(app.child.pid) };
  } finally {
    await app.end();
  }
}

async function idleMemory(dataDir) {
  const app = run(dataDir);
  try {
    const metrics = `${await app.ready}/metrics`;
    await sleep(idleAfterMs);
    const text = await (await fetch(metrics)).text();
    return Math.round(Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20);
  } finally {
    await app.end();
  }
}

/** User and system time of all threads, where the system tells (proc(5), 100 ticks a second); else `NaN`. */
function cpuMsOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const evaluate = (code) =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }));
const cpuNow =
  'const now = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };';

const bareMs = () => Math.round(evaluate(`${cpuNow} console.log(now())`));

/** What loading each room adds to those before it, in milliseconds of processor time. */
function loadRooms() {
  const files = rooms.map((room) =>
    pathToFileURL(join(root, 'dist', room.endsWith('.js') ? room : `${room}/index.js`)),
  );
  return evaluate(`${cpuNow}
    const costs = [];
    for (const file of ${JSON.stringify(files)}) {
      const before = now();
      await import(file);
      costs.push(Math.round(now() - before));
    }
    console.log(JSON.stringify(costs));
    process.exit(0);`);
}
