import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

const day = 86_400_000;
const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };

let pair: Pair;
let steppedMs = 0;
afterEach(() => pair.close());

async function start(env: Record<string, string> = {}): Promise<void> {
  steppedMs = 0;
  // The sandbox keeps the real time: it is the app's data that grows old, not the tokens.
  pair = await startPair({ env, sandbox: { now: Date.now }, now: () => Date.now() + steppedMs });
}

/** Bare: `openDatabase` writes, and a busy database makes the app's sweep wait for its next time. */
async function inDatabase<T>(work: (database: Knex) => Promise<T>): Promise<T> {
  const filename = join(pair.dataDir, 'app', 'push.sqlite');
  const database = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

const count = (table: string) => inDatabase(async (database) => (await database(table)).length);
const spooled = () => readdirSync(join(pair.dataDir, 'app', 'spool'));

/** The words, and soon after them that time. */
const saysWhen = (words: string, at: number) =>
  new RegExp(`${words}.{0,100}datetime="${new Date(at).toISOString().slice(0, 10)}`, 's');

async function daysLater(days: number): Promise<void> {
  steppedMs += days * day;
  await pair.restart();
}

test('a push that waits for a permission says until when, and is then cancelled with its payload', async () => {
  await start();
  const browser = pair.browser();
  await browser.connect();
  pair.sandbox.control.addFault({ route: 'import', times: 2, status: 401 });
  const { json } = await browser.upload(randomBytes(200_000), meta);
  const waiting = await browser.waitForState(json.id, ['needs-reauthorization']);
  expect(waiting.keptUntil).toBe(waiting.updatedAt + 30 * day);
  const page = await browser.get(`/pushes/${json.id}`, { accept: 'text/html' });
  expect(page.text).toMatch(saysWhen('Cancelled by itself', waiting.keptUntil));
  await daysLater(29);
  expect(spooled()).toHaveLength(1);
  await daysLater(2);
  await eventually('the payload to go', spooled, (names) => names.length === 0);
  const [row] = await inDatabase((database) => database('pushes'));
  expect(row.state).toBe('cancelled');
  expect(JSON.parse(row.last_error).code).toBe('WaitedTooLong');
  expect(await count('payloads')).toBe(0);
});

test('the history ends after its time, with attempts and failed payloads, and what is younger stays', async () => {
  await start({ HISTORY_RETENTION_DAYS: '3', FAILED_RETENTION_HOURS: '1000' });
  const browser = pair.browser();
  await browser.connect();
  pair.sandbox.control.addFault({ route: 'import', times: 1, status: 403 });
  const failed = await browser.upload(randomBytes(200_000), meta);
  await browser.waitForState(failed.json.id, ['failed']);
  const old = await browser.upload('old', meta);
  const shown = await browser.waitForState(old.json.id, ['delivered']);
  expect(shown.keptUntil).toBe(shown.updatedAt + 3 * day);
  const page = await browser.get(`/pushes/${old.json.id}`, { accept: 'text/html' });
  expect(page.text).toMatch(saysWhen('Removed from your history', shown.keptUntil));
  // As if those two were from the day before yesterday.
  await inDatabase((database) => database('pushes').decrement('updated_at', 2 * day));
  const young = await browser.upload('young', meta);
  await browser.waitForState(young.json.id, ['delivered']);
  await daysLater(1.5);
  await eventually(
    'the old ones to go',
    () => count('pushes'),
    (left) => left === 1,
  );
  expect((await browser.getJson('/pushes')).json.pushes.map(({ id }: { id: string }) => id)).toEqual([
    young.json.id,
  ]);
  expect(await count('attempts')).toBe(1);
  // The file goes after the row that names it, so that a crash between them leaves an orphan and no row without its file.
  await eventually('the payload of the failed one to go', spooled, (names) => names.length === 0);
});

test('a connection whose visitor does not come back is dropped, one that is used stays', async () => {
  await start({ CONNECTION_RETENTION_DAYS: '10' });
  const gone = pair.browser();
  await gone.connect();
  const here = pair.browser();
  await here.connect();
  const [connection] = (await here.getJson('/')).json.connections;
  expect(connection.keptUntil).toBeGreaterThan(Date.now() + 9.9 * day);
  const page = await here.get('/', { accept: 'text/html' });
  expect(page.text).toMatch(saysWhen('If you don.{1,10}t come back', connection.keptUntil));
  for (let week = 0; week < 2; week++) {
    steppedMs += 6 * day;
    expect((await here.getJson('/')).json.connections).toHaveLength(1);
  }
  await pair.restart();
  await eventually(
    'one connection',
    () => count('connections'),
    (left) => left === 1,
  );
  expect((await here.getJson('/')).json.connections[0].id).toBe(connection.id);
  expect((await gone.getJson('/')).json.connections).toEqual([]);
});

test('how long things are kept is said before they go', async () => {
  await start({
    WAITING_RETENTION_DAYS: '11',
    HISTORY_RETENTION_DAYS: '22',
    CONNECTION_RETENTION_DAYS: '33',
  });
  const page = await pair.browser().get('/forget', { accept: 'text/html' });
  expect(page.text).toMatch(/after 11 days.*after 22 days.*for 33 days/s);
});
