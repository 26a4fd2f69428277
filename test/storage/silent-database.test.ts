import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asStorageError, openDatabase, probeDatabase } from '../../src/storage/index.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { startUnsteadyProxy } from '../support/unsteady-proxy.js';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 180_000);
afterAll(() => postgres.remove());

test('a connection on which PostgreSQL answers nothing any more is given up, and the next query takes another one', async () => {
  const address = new URL(await postgres.newDatabase());
  const network = await startUnsteadyProxy(Number(address.port));
  address.port = String(network.port);
  const database = await openDatabase({ dataDir: tmpdir(), databaseUrl: address.href, silentMs: 2000 });
  try {
    await probeDatabase(database);
    network.stall();
    const failure = await probeDatabase(database).catch((error: unknown) => error);
    expect(asStorageError(failure)).toMatchObject({ code: 'StorageUnavailable' });
    await probeDatabase(database);
    // Also in the middle of a transaction.
    const within = database.transaction(async (transaction) => {
      await transaction('used_states').insert({ state_hash: 'x', used_at: 1 });
      network.stall();
      await transaction('used_states').insert({ state_hash: 'y', used_at: 1 });
    });
    expect(asStorageError(await within.catch((error: unknown) => error))).toMatchObject({
      code: 'StorageUnavailable',
    });
    expect(await database('used_states').count('* as count').first()).toEqual({ count: 0 });
  } finally {
    await database.destroy();
    await network.close();
  }
});

test('a connection to a server that only reads by now is given up, and the next query goes to the one that writes', async () => {
  const database = await openDatabase({ dataDir: tmpdir(), databaseUrl: await postgres.newDatabase() });
  const pidOf = async () => (await database.raw('select pg_backend_pid() as pid')).rows[0].pid;
  try {
    // What is in use stays in the pool: without an end it would be given out again and again.
    const before = await pidOf();
    await database.raw('set default_transaction_read_only = on');
    const failure = await probeDatabase(database).catch((error: unknown) => error);
    expect(asStorageError(failure)).toMatchObject({ code: 'StorageUnavailable' });
    await probeDatabase(database);
    expect(await pidOf()).not.toBe(before);
    const within = database.transaction(async (transaction) => {
      await transaction.raw('set transaction read only');
      await transaction('used_states').insert({ state_hash: 'x', used_at: 1 });
    });
    expect(asStorageError(await within.catch((error: unknown) => error))).toMatchObject({
      code: 'StorageUnavailable',
    });
    await probeDatabase(database);
  } finally {
    await database.destroy();
  }
});
