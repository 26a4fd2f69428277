import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import { createSealer, openDatabase } from '../../src/storage/index.js';
import { migrations } from '../../src/storage/migrations.js';
import { SessionStore } from '../../src/web/session-store.js';
import { type Postgres, startPostgres } from '../support/postgres.js';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 180_000);
afterAll(() => postgres.remove());

const opened: Knex[] = [];
/** Ended after the test however that ends: PostgreSQL waits for its clients before it stops. */
function ending(database: Knex): Knex {
  opened.push(database);
  return database;
}
afterEach(async () => {
  for (const database of opened.splice(0)) await database.destroy();
});

/** The database as the release with these migrations left it. */
const asReleased = (names: readonly string[]): Knex.MigrationSource<string> => ({
  ...migrations,
  getMigrations: async () => [...names],
});

const first = ['001-connections-pushes'];
const updatedAt = Date.UTC(2026, 0, 2);

describe.each(['SQLite', 'PostgreSQL'] as const)('a database of an earlier version in %s', (kind) => {
  let folder: string;
  let databaseUrl: string | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'migrations-'));
    databaseUrl = kind === 'SQLite' ? undefined : await postgres.newDatabase();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const bare = () =>
    ending(
      createKnex({
        ...(databaseUrl === undefined
          ? { client: 'better-sqlite3', connection: { filename: join(folder, 'push.sqlite') } }
          : { client: 'pg', connection: databaseUrl }),
        useNullAsDefault: true,
      }),
    );

  async function release(names: readonly string[]): Promise<void> {
    const database = bare();
    await database.migrate.latest({ migrationSource: asReleased(names) });
    await database('connections').insert({
      ...{ id: 'c1', visitor_id: 'v1', type: 'library', issuer: 'i', contract_id: 'c', state: 'active' },
      ...{ created_at: updatedAt, updated_at: updatedAt },
    });
    await database('sessions').insert({
      sid: 'sid-in-the-cookie',
      sess: JSON.stringify({
        cookie: {},
        visitorId: 'v1',
        authorizations: { s: { codeVerifier: 'canary-verifier' } },
      }),
      expired: new Date(Date.now() + 86_400_000).toISOString(),
    });
    await database.destroy();
  }

  test('is brought up to date: connections are kept, sessions go on and are sealed', async () => {
    await release(first);
    const database = ending(await openDatabase({ dataDir: folder, databaseUrl }));
    expect(await database('connections').first('id', 'visited_at', 'token_version')).toEqual({
      ...{ id: 'c1', visited_at: updatedAt, token_version: 0 },
    });
    const store = new SessionStore({
      ...{ database, sealer: createSealer('a secret of thirty-two characters'), now: Date.now, idleMs: 1000 },
      onVisit: async () => {},
      onError: () => {},
    });
    await store.sealOld();
    store.stop();
    const found = await new Promise((resolve) =>
      store.get('sid-in-the-cookie', (_error, session) => resolve(session)),
    );
    expect(found).toMatchObject({
      visitorId: 'v1',
      authorizations: { s: { codeVerifier: 'canary-verifier' } },
    });
    expect(JSON.stringify(await database('sessions'))).not.toMatch(/canary-verifier|sid-in-the-cookie/);
    await database.destroy();
    if (kind === 'SQLite')
      expect(readFileSync(join(folder, 'push.sqlite')).includes('canary-verifier')).toBe(false);
  });

  test('of any earlier version has the size and the owner of each payload that waits in it', async () => {
    const names = await migrations.getMigrations([]);
    for (let version = 1; version <= names.indexOf('013-room-taken'); version++) {
      if (databaseUrl !== undefined) databaseUrl = await postgres.newDatabase();
      rmSync(join(folder, 'push.sqlite'), { force: true });
      const earlier = bare();
      await earlier.migrate.latest({ migrationSource: asReleased(names.slice(0, version)) });
      for (const [id, visitor, size] of [
        ['p1', 'v1', 5_000_000_000],
        ['p2', 'v2', 70],
      ] as const) {
        await earlier('pushes').insert({
          ...{ id, visitor_id: visitor, connection_id: 'c1', type: 'library', state: 'queued', size },
          ...{ file_name: 'f', sha256: 's', content_hash: 'h', give_up_at: 1 },
          ...{ created_at: updatedAt, updated_at: updatedAt },
        });
        await earlier('payloads').insert({ push_id: id, key_sealed: 'k', sealed: Buffer.from(id) });
      }
      await earlier.destroy();
      const database = ending(await openDatabase({ dataDir: folder, databaseUrl }));
      expect(await database('payloads').orderBy('push_id')).toMatchObject([
        { push_id: 'p1', visitor_id: 'v1', size: 5_000_000_000, sealed: Buffer.from('p1') },
        { push_id: 'p2', visitor_id: 'v2', size: 70, sealed: Buffer.from('p2') },
      ]);
      await database.destroy();
    }
  });

  test('of a newer version stops the start with a sentence, and is left as it was', async () => {
    await (await openDatabase({ dataDir: folder, databaseUrl })).destroy();
    const database = bare();
    await database('knex_migrations').insert({
      name: '999-of-the-future',
      batch: 9,
      migration_time: new Date(),
    });
    const before = await database('knex_migrations').select('name');
    await expect(openDatabase({ dataDir: folder, databaseUrl })).rejects.toThrow(
      /newer version of this app \(999-of-the-future\)/,
    );
    expect(await database('knex_migrations').select('name')).toEqual(before);
  });
});

test('a migration that fails halfway leaves nothing of itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  const database = ending(
    createKnex({
      client: 'better-sqlite3',
      connection: { filename: join(folder, 'push.sqlite') },
      useNullAsDefault: true,
    }),
  );
  await database.migrate.latest({ migrationSource: asReleased(first) });
  // What the second one makes first, and then can't fill.
  await database.schema.dropTable('sessions');
  // By its message: the driver's errors are of the realm of whichever test file loaded it first.
  await expect(database.migrate.latest({ migrationSource: migrations })).rejects.toMatchObject({
    message: expect.stringMatching(/sessions/),
  });
  expect(await database.schema.hasTable('new_sessions')).toBe(false);
  expect(await database('knex_migrations').pluck('name')).toEqual(first);
  await database.destroy();
  rmSync(folder, { recursive: true, force: true });
});
