import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import type { Browser } from '../support/browser.js';
import { fileMeta } from '../support/multipart.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();

const openBeside = (stage: Stage): Knex =>
  createKnex({
    client: 'better-sqlite3',
    connection: { filename: join(stage.folder, 'app', 'push.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });

const tables = ['connections', 'pushes', 'payloads', 'sessions', 'attempts', 'used_states'];

/** Ways to break the statements of the journey, one kind at a time: each table's writes, its reads, all by a lock. */
const breakages: { name: string; break(db: Knex): Promise<unknown>; mend(db: Knex): Promise<unknown> }[] = [
  ...tables.flatMap((table) => [
    ...['insert', 'update', 'delete'].map((verb) => ({
      name: `${verb} on ${table}`,
      break: (db: Knex) =>
        db.raw(`create trigger broken before ${verb} on ${table} begin select raise(abort, 'broken'); end`),
      mend: (db: Knex) => db.raw('drop trigger broken'),
    })),
    {
      name: `everything on ${table}`,
      break: (db: Knex) => db.raw(`alter table ${table} rename to gone`),
      mend: (db: Knex) => db.raw(`alter table gone rename to ${table}`),
    },
  ]),
  { name: 'a lock', break: (db) => db.raw('begin exclusive'), mend: (db) => db.raw('rollback') },
];

test('whatever the database refuses, no secret and no file name gets into the log or an answer', async () => {
  const stage = await newStage();
  const canary = `canary-${randomBytes(8).toString('hex')}`;
  // Tokens are renewed on the way as well.
  const app = await stage.start({ env: { LOG_LEVEL: 'trace', PUSH_LEASE_SECONDS: '1' } });
  const answers: string[] = [];
  const secrets = new Set<string>();
  const noteCookies = (browser: Browser) => {
    for (const value of browser.cookies().values())
      secrets.add(decodeURIComponent(value).replace(/^s:/, '').split('.')[0] ?? '');
  };
  const ask = async (answer: Promise<{ text: string }>) => void answers.push((await answer).text);

  const beside = openBeside(stage);
  for (const breakage of breakages) {
    const browser = app.browser();
    await browser.connect();
    const started = await browser.post('/authorize', { type: 'provider' });
    const callback = await browser.decide(started.headers.get('location') ?? '');
    noteCookies(browser);
    await breakage.break(beside);
    await ask(browser.upload(randomBytes(300), fileMeta, { name: `${canary}.txt` }));
    await ask(browser.upload(randomBytes(100_000), fileMeta, { name: `${canary}.pdf` }));
    await ask(browser.get(callback));
    await ask(browser.post('/authorize', {}, {}));
    await ask(browser.get('/inspector'));
    await ask(browser.post('/forget'));
    noteCookies(browser);
    await breakage.mend(beside);
  }
  await beside.destroy();
  await app.end('SIGTERM');
  for (const { claims } of stage.sandbox.control.requests().requests)
    for (const name of ['code', 'code_verifier', 'access_token', 'refresh_token'])
      if (typeof claims?.[name] === 'string') secrets.add(claims[name]);
  // What a browser has once it was forgotten.
  secrets.delete('');
  expect(secrets.size).toBeGreaterThan(breakages.length);
  const log = app.errors();
  expect(log.length).toBeGreaterThan(1000);
  expect(log).toContain('broken');
  const found = (text: string) =>
    [canary, ...secrets].filter((secret) => text.includes(secret)).map((secret) => secret.slice(0, 12));
  expect(found(log)).toEqual([]);
  expect(found(answers.join('\n'))).toEqual([]);
}, 300_000);
