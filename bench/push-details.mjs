import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, bodyOf, burst, delivered, send, startApp } from './push-service.mjs';

const pushes = 3000;
const one = 300;
const atOnce = 16;
const bytes = 10 * 1024;

/**
 * What of the code a sample of the profiler belongs to: the innermost frame that one of these says something about
 * decides, so that what Node does for a stage counts for that stage.
 */
const stages = [
  [
    'ledger',
    /storage\/(sqlite|commit|statements|embedded)|push\/(ledger|push\.js)|node_modules\/(knex|tarn|better-sqlite3)/,
  ],
  ['sealing and hashing', /storage\/(payload|sealing|sealed)/],
  ['signing', /digime\/crypto/],
  ['posting', /dist\/digime/],
  ['recorder', /dist\/inspector/],
  ['dispatch', /push\/delivery|dist\/connections/],
  ['request and multipart', /push\/(intake|pages)|node_modules\/(file-type|strtok3|token-types)/],
  ['session', /node_modules\/(express-session|cookie|uid-safe)|web\/session/],
  ['rate limits', /node_modules\/express-rate-limit|web\/rate-limits/],
  ['logging and metrics', /node_modules\/(pino|prom-client|sonic)|web\/(request-log|metrics)/],
  ['other middleware', /node_modules\/|dist\/(web|app|tracing)/],
];

/**
 * Where a push of 10 kB spends its time: how long until the `202` and from there to digi.me, for one client and for
 * sixteen; the processor time of each thread and of the load itself; and of the code, by the profiler, stage by stage.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchPushDetails() {
  const stub = fork(fileURLToPath(new URL('stub-platform.mjs', import.meta.url)));
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const [stubPort] = await once(stub, 'message');
    const plain = await startApp(stubPort, join(folder, 'plain'));
    await burst(stub, plain, pushes / 3);
    const rows = [
      ...(await latencies(stub, plain, 1, one)),
      ...(await latencies(stub, plain, atOnce, pushes)),
    ];
    rows.push(...(await processorTime(stub, plain)));
    await end(plain);
    const profiles = join(folder, 'profiles');
    const options = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profiles}`];
    const watched = await startApp(stubPort, join(folder, 'watched'), options);
    await burst(stub, watched, pushes);
    await end(watched);
    return [...rows, ...stagesOf(profiles)];
  } finally {
    stub.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function end({ child }) {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

const row = (what, value, unit) => ({ what: `push details: ${what}`, value, unit });

async function latencies(stub, app, clients, count) {
  const body = bodyOf(app, Buffer.alloc(bytes, 'x'), bytes);
  await ask(stub, 'reset');
  const accepted = [];
  let next = 0;
  const client = async () => {
    while (next++ < count) {
      const begun = performance.now();
      await send(app, body);
      accepted.push({ ms: performance.now() - begun, at: Date.now() });
      // One client waits for its push to arrive: only so is it known which arrival belongs to which answer.
      if (clients === 1) accepted.at(-1).deliveredAt = (await delivered(stub, accepted.length)).lastAt;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await delivered(stub, count);
  const who = clients === 1 ? 'one client' : `${clients} clients`;
  const part = (values, share) =>
    Number(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)].toFixed(1));
  const until202 = accepted.map(({ ms }) => ms);
  const rows = [
    row(`until the 202, ${who}, half of them`, part(until202, 0.5), 'ms'),
    row(`until the 202, ${who}, 99 of 100`, part(until202, 0.99), 'ms'),
  ];
  if (clients > 1) return rows;
  // It may have arrived before its answer was read.
  const after = accepted.map(({ at, deliveredAt }) => Math.max(0, deliveredAt - at));
  return [
    ...rows,
    row('from the 202 to digi.me, one client, half of them', part(after, 0.5), 'ms'),
    row('from the 202 to digi.me, one client, 99 of 100', part(after, 0.99), 'ms'),
  ];
}

/** By thread; Linux alone tells. proc(5): utime and stime, in ticks of 10 ms. */
function ticksOf(folder) {
  const fields = readFileSync(join(folder, 'stat'), 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const ownTicks = () => ticksOf('/proc/self');

async function processorTime(stub, app) {
  if (process.platform !== 'linux') return [];
  const folder = `/proc/${app.child.pid}`;
  const threads = () => ({
    all: ticksOf(folder),
    main: ticksOf(join(folder, 'task', String(app.child.pid))),
    stub: ticksOf(`/proc/${stub.pid}`),
    load: ownTicks(),
  });
  const before = threads();
  const begun = performance.now();
  await burst(stub, app, pushes);
  const seconds = (performance.now() - begun) / 1000;
  const after = threads();
  const perPush = (name) => Math.round(((after[name] - before[name]) * 10_000) / pushes);
  const ofTheCores = (name) => Number(((after[name] - before[name]) / 100 / seconds).toFixed(2));
  return [
    row('processor time of a push, the app in all', perPush('all'), 'µs'),
    row('processor time of a push, its first thread', perPush('main'), 'µs'),
    row('cores that the app used', ofTheCores('all'), ''),
    row('cores that the load took beside it', ofTheCores('load'), ''),
    row('cores that the stub of digi.me took beside it', ofTheCores('stub'), ''),
  ];
}

/** Of the first thread and of those that it started, in microseconds of a push. */
function stagesOf(folder) {
  const profiles = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const byStage = new Map();
  for (const profile of profiles) {
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    const parents = new Map(
      profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
    );
    for (const [index, id] of profile.samples.entries()) {
      const stage = stageOf(nodes, parents, id);
      if (stage === undefined) continue;
      byStage.set(stage, (byStage.get(stage) ?? 0) + profile.timeDeltas[index]);
    }
  }
  return [...byStage]
    .toSorted(([, a], [, b]) => b - a)
    .map(([stage, us]) =>
      row(`by the profiler, start and waits included, ${stage}`, Math.round(us / pushes), 'µs'),
    );
}

function stageOf(nodes, parents, sample) {
  const { functionName } = nodes.get(sample).callFrame;
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage';
  for (let id = sample; id !== undefined; id = parents.get(id)) {
    const { url } = nodes.get(id).callFrame;
    const found = stages.find(([, pattern]) => pattern.test(url));
    if (found) return found[0];
  }
  return 'Node itself';
}
