import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openDatabase } from '../../src/storage/index.js';

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
