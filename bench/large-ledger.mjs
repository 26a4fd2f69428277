import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/run-command.mjs';
import { median } from './row.mjs';

const visitors = 2000;
const waiting = 10_000;
const rounds = 9;

const load = (path) => import(pathToFileURL(join(root, 'dist', path)).href);

/**
 * What the ledger costs with a year of pushes in it: opening it, taking due pushes out of the queue, a visitor's page,
 * the sweep and the counts of the metrics, beside the same with a thousand. SQLite, and PostgreSQL where
 * `BENCH_DATABASE_URL` names an empty database.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchLedger() {
  const size = Number(process.env.BENCH_LEDGER_PUSHES ?? 1_000_000);
  const rows = [];
  for (const [name, databaseUrl] of [
    ['SQLite', undefined],
    ['PostgreSQL', process.env.BENCH_DATABASE_URL],
  ]) {
    if (name === 'PostgreSQL' && databaseUrl === undefined) continue;
    if (process.env.BENCH_LEDGER_ONLY !== undefined && process.env.BENCH_LEDGER_ONLY !== name) continue;
    const dataDir = mkdtempSync(join(tmpdir(), 'ledger-'));
    try {
      const small = await measured(databaseUrl, dataDir, 1000, 0);
      const large = await measured(databaseUrl, dataDir, size, 1000);
      for (const [what, value] of Object.entries(large))
        rows.push({
          what: `ledger: ${what}, ${name}, ${size.toLocaleString('en')} pushes`,
          value: Number(value.toFixed(1)),
          unit: 'ms',
          ratio: `${(value / small[what]).toFixed(1)} × of 1,000`,
        });
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return rows;
}

async function measured(databaseUrl, dataDir, upTo, from) {
  const { openDatabase, createSealer, Spool } = await load('storage/index.js');
  const { Ledger } = await load('push/ledger/ledger.js');
  const { WorkQueue } = await load('push/ledger/work-queue.js');
  const { PayloadSweeper } = await load('push/ledger/payload-sweeper.js');
  const { StateCounts } = await load('push/ledger/state-counts.js');
  const { PushRetention } = await load('push/ledger/push-retention.js');
  const options = { dataDir, databaseUrl };
  // To fill a million rows in takes longer than any query of the app may.
  const filled = await openDatabase({ ...options, silentMs: 0 });
  await fill(filled, from, upTo);
  await filled.destroy();
  const times = {
    start: [],
    claim: [],
    page: [],
    older: [],
    sweep: [],
    retention: [],
    firstCounts: [],
    counts: [],
    due: [],
    room: [],
  };
  const timed = async (name, work) => {
    const begun = performance.now();
    const result = await work();
    times[name].push(performance.now() - begun);
    return result;
  };
  const sealer = createSealer('a secret of thirty-two characters');
  const log = { error: console.error, warn: () => {} };
  for (let round = 0; round < rounds; round++) {
    const database = await timed('start', () => openDatabase(options));
    const ledger = new Ledger(database, sealer, Date.now);
    const queue = new WorkQueue(database, sealer, randomUUID(), 60_000, Date.now);
    const sweeper = new PayloadSweeper(database, new Spool(dataDir), 7 * 86_400_000, log, Date.now);
    const retention = new PushRetention(
      database,
      sweeper,
      { waitingMs: 30 * 86_400_000, historyMs: 400 * 86_400_000 },
      Date.now,
    );
    const claimed = await timed('claim', () => queue.claim(16));
    if (claimed.length === 0) throw new Error('nothing was due');
    const visitor = visitorId(round * 7);
    const page = await timed('page', () => ledger.list(visitor, { limit: 50 }));
    await timed('older', () => ledger.list(visitor, { limit: 50, before: page.at(-1).createdAt }));
    await timed('sweep', async () => {
      await sweeper.start();
      sweeper.stop();
    });
    await timed('retention', async () => {
      await retention.cancelWaiting();
      await retention.removeOld();
    });
    const counts = new StateCounts(database, Date.now);
    await timed('firstCounts', () => counts.current());
    await timed('counts', () => counts.current());
    await timed('due', () => queue.nextDueAt());
    await timed('room', () => ledger.storedBytes(visitor));
    await database.destroy();
  }
  const names = {
    start: 'opening it',
    claim: '16 pushes are taken out of the queue',
    page: 'a page of /pushes',
    older: 'the page after it',
    sweep: 'one sweep',
    retention: 'a look for what is too old',
    firstCounts: 'counts for /metrics, the first time and once an hour, in steps',
    counts: 'counts for /metrics after that',
    due: 'when the next is due',
    room: 'room that is taken',
  };
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [names[name], median(all)]));
}

const visitorId = (n) => `00000000-0000-4000-8000-${String(n % visitors).padStart(12, '0')}`;

/**
 * Delivered ones over a year, 1 % failed, and the newest ones waiting: half of them due. Made by the database itself, in
 * which a million rows take a minute or two.
 */
async function fill(database, from, upTo) {
  const isPostgres = database.client.config.client === 'pg';
  const now = Date.now();
  const firstWaiting = upTo - Math.min(waiting, upTo * 0.4);
  const hex = (value, digits) =>
    isPostgres ? `lpad(to_hex(${value}), ${digits}, '0')` : `printf('%0${digits}x', ${value})`;
  const id = `${hex('(n * 2654435761) % 4294967296', 8)} || '-0000-4000-8000-' || ${hex('n', 12)}`;
  const visitor = `'00000000-0000-4000-8000-' || ${isPostgres ? `lpad((n % ${visitors})::text, 12, '0')` : `printf('%012d', n % ${visitors})`}`;
  const waits = `n >= ${firstWaiting}`;
  const createdAt = `case when ${waits} then ${now - 60_000} else ${now} - ((n * 7919) % 1000000) * 31536 end`;
  const state = `case when ${waits} then 'queued' when n % 100 = 0 then 'failed' else 'delivered' end`;
  const columns = {
    ...{ id, visitor_id: visitor, connection_id: visitor, type: "'library'", state },
    ...{
      file_name: "'scan ' || n || '.pdf'",
      size: '100000',
      sha256: hex('n', 64),
      content_hash: hex('n', 64),
    },
    descriptor: `'{"mimeType":"application/pdf","accounts":[{"accountId":"me"}]}'`,
    attempts: `case when ${waits} then 0 else 1 end`,
    next_attempt_at: `case when ${waits} then ${now} + case when n % 2 = 0 then 3600000 else -1000 end end`,
    ...{ give_up_at: `${now + 86_400_000}`, idempotency_key: "'key-' || n" },
    ...{ created_at: createdAt, updated_at: createdAt },
  };
  const numbers = (begin) => `with recursive numbers(n) as (
    select ${begin}${isPostgres ? '::bigint' : ''} union all select n + 1 from numbers where n + 1 < ${upTo}) `;
  await database.raw(
    `insert into pushes (${Object.keys(columns).join(', ')}) ${numbers(from)} select ${Object.values(columns).join(', ')} from numbers`,
  );
  await database.raw(
    `insert into attempts (push_id, number, started_at, duration_ms, status) ${numbers(from)} select ${id}, 1, ${createdAt}, 80, 200 from numbers where not (${waits})`,
  );
  await database.raw(
    `insert into payloads (push_id, key_sealed, visitor_id, size) ${numbers(Math.max(from, firstWaiting))} select ${id}, 'v1.key', ${visitor}, 100000 from numbers where ${waits}`,
  );
  if (isPostgres) await database.raw('vacuum analyze');
}
