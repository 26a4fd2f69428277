import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { commitTogether, insertOf, openDatabase, readRows } from '../../src/storage/index.js';

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
    await commitTogether(database, (writer) =>
      writer.run(insertOf('used_states', { state_hash: 'a', used_at: 2 })),
    );
    expect(await readRows(database, usedAt)).toEqual([{ used_at: 2 }]);
  } finally {
    await database.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('work that fails in the middle leaves nothing of itself, and nobody else’s that was committed with it fails', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'statements-'));
  const database = await openDatabase({ dataDir });
  const add = (hash: string) => insertOf('used_states', { state_hash: hash, used_at: 1 });
  try {
    const outcomes = await Promise.allSettled([
      commitTogether(database, (writer) => writer.run(add('first'))),
      commitTogether(database, async (writer) => {
        await writer.run(add('half'));
        throw new Error('no');
      }),
      commitTogether(database, (writer) => writer.run(add('last'))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await database('used_states').pluck('state_hash')).sort()).toEqual(['first', 'last']);
  } finally {
    await database.destroy();
    await rm(dataDir, { recursive: true, force: true });
  }
});
