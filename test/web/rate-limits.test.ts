import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { type Database, openDatabase } from '../../src/storage/index.js';
import { createRateLimits, errorHandler } from '../../src/web/index.js';
import { type Postgres, startPostgres } from '../support/postgres.js';

let postgres: Postgres;
let databaseUrl: string;
let now = 1_800_000_000_000;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
}, 180_000);
afterAll(async () => {
  for (const end of ends) await end();
  await postgres.remove();
});

/** One process' worth of the app: its own connection to the database and its own listener. */
async function startProcess(): Promise<{ ask(): Promise<Response>; database: Database }> {
  const database = await openDatabase({ dataDir: 'none', databaseUrl });
  const settings = { startsPerMinute: 6, callbacksPerMinute: 6, uploadsPerMinute: 6 };
  const limits = createRateLimits(settings, database, () => now);
  const app = express();
  app.get('/', ...limits.starts, (_req, res) => void res.json({}));
  app.use(errorHandler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(
    () => database.destroy(),
    () => once(server.close(), 'close'),
  );
  const { port } = server.address() as AddressInfo;
  return {
    ask: () =>
      fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'application/json', connection: 'close' } }),
    database,
  };
}

test('processes on one PostgreSQL share a limit, also when requests come at once, and keep no address', async () => {
  const [first, second] = [await startProcess(), await startProcess()];
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? first.ask() : second.ask())),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(6).fill(200), ...Array(4).fill(429)]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('60');
  expect(JSON.stringify(await first.database('rate_limits'))).not.toContain('127.0.0.1');

  now += 61_000;
  expect((await second.ask()).status).toBe(200);
});

test('what was counted long ago goes', async () => {
  const { ask, database } = await startProcess();
  await database('rate_limits').insert([
    { key_hash: 'old', hits: 3, reset_at: now - 120_001 },
    { key_hash: 'current', hits: 3, reset_at: now + 1 },
  ]);
  now += 61_000;
  expect((await ask()).status).toBe(200);
  const rows = await database('rate_limits').select('key_hash');
  expect(rows.map((row) => row.key_hash)).not.toContain('old');
});
