import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  asStorageError,
  commitTogether,
  type Database,
  insertOf,
  openDatabase,
  readRows,
} from '../../src/storage/index.js';

interface SqliteConnection {
  prepare(sql: string): object;
}

test('Knex asks the SQLite connection for its statements, and a query that comes again gets the one it had', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'statements-'));
  const database = await openDatabase({ dataDir });
  try {
    const connection: SqliteConnection = await database.client.acquireConnection();
    const given: object[] = [];
    const prepare = connection.prepare;
    connection.prepare = (sql) => {
      const statement = prepare(sql);
      if (sql.includes('used_states')) given.push(statement);
      return statement;
    };
    await database.client.releaseConnection(connection);
    for (const hash of ['a', 'b']) await database('used_states').where('state_hash', hash).first();
    expect(given).toHaveLength(2);
    expect(given[0]).toBe(given[1]);
  } finally {
    await database.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a row that is read while a transaction is open is read after its end, so that nothing uncommitted is seen', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'statements-'));
  const database = await openDatabase({ dataDir });
  const usedAt = { sql: 'select used_at from used_states where state_hash = ?', values: ['a'] };
  try {
    const transaction = await database.transaction();
    await transaction('used_states').insert({ state_hash: 'a', used_at: 1 });
    const reading = readRows(database, usedAt);
    await transaction.rollback();
    expect(await reading).toEqual([]);
    await commitTogether(database, [insertOf('used_states', { state_hash: 'a', used_at: 2 })]);
    expect(await readRows(database, usedAt)).toEqual([{ used_at: 2 }]);
  } finally {
    await database.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
});

async function withDatabase(work: (database: Database, dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'statements-'));
  const database = await openDatabase({ dataDir });
  try {
    await work(database, dataDir);
  } finally {
    await database.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const add = (hash: string) => insertOf('used_states', { state_hash: hash, used_at: 1 });
const find = (hash: string) => ({
  sql: 'select state_hash from used_states where state_hash = ?',
  values: [hash],
});
const allOf = async (database: Database) => (await database('used_states').pluck('state_hash')).sort();

test('a script that fails or is undone leaves nothing of itself, and those that were committed with it stay', () =>
  withDatabase(async (database) => {
    const outcomes = await Promise.allSettled([
      commitTogether(database, [add('first'), find('first')]),
      commitTogether(database, [add('half'), { sql: 'insert into nowhere values (?)', values: [1] }]),
      commitTogether(database, [add('undone'), { ...find('nobody'), withoutRow: 'undo' }, add('never')]),
      commitTogether(database, [add('kept'), { ...find('nobody'), withoutRow: 'stop' }, add('left out')]),
      commitTogether(database, [add('last')]),
    ]);
    expect(outcomes).toMatchObject([
      { value: [[], [{ state_hash: 'first' }]] },
      { status: 'rejected', reason: { message: 'no such table: nowhere', code: 'SQLITE_ERROR' } },
      { status: 'fulfilled', value: undefined },
      { value: [[], []] },
      { value: [[]] },
    ]);
    expect(await allOf(database)).toEqual(['first', 'kept', 'last']);
  }));

test('nobody else’s transaction gets in between the statements of a script', () =>
  withDatabase(async (database) => {
    const transaction = await database.transaction();
    await transaction('used_states').insert({ state_hash: 'before', used_at: 1 });
    const committed = commitTogether(database, [{ ...find('before'), withoutRow: 'undo' }, add('after')]);
    await transaction.commit();
    expect(await committed).toEqual([[{ state_hash: 'before' }], []]);
    expect(await readRows(database, find('after'))).toEqual([{ state_hash: 'after' }]);
  }));

test('a file that another process has locked is told of as that, to all who wait, and is written when it is free', () =>
  withDatabase(async (database, dataDir) => {
    const other = await openDatabase({ dataDir });
    const transaction = await other.transaction();
    await transaction('used_states').insert({ state_hash: 'of another one', used_at: 1 });
    const refused = await Promise.allSettled([
      commitTogether(database, [add('locked out')]),
      commitTogether(database, [add('locked out too')]),
    ]);
    expect(refused.map((end) => asStorageError((end as PromiseRejectedResult).reason))).toMatchObject([
      { code: 'StorageUnavailable' },
      { code: 'StorageUnavailable' },
    ]);
    await transaction.rollback();
    await other.destroy();
    await commitTogether(database, [add('let in')]);
    expect(await allOf(database)).toEqual(['let in']);
  }));
