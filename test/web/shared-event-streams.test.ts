import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { AppError } from '../../src/errors.js';
import { type Database, openDatabase } from '../../src/storage/index.js';
import { type EventStreamLimits, EventStreams, SharedStreamPlaces } from '../../src/web/index.js';
import { eventually } from '../support/eventually.js';
import { type Postgres, startPostgres } from '../support/postgres.js';

interface Instance {
  readonly port: number;
  readonly streams: EventStreams;
  readonly database: Database;
  readonly server: Server;
}

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 180_000);
afterAll(() => postgres.remove());

let databaseUrl: string;
let instances: Instance[];
let troubles: unknown[];
beforeEach(async () => {
  databaseUrl = await postgres.newDatabase();
  instances = [];
  troubles = [];
});
afterEach(async () => {
  for (const { server, streams, database } of instances) {
    server.closeAllConnections();
    server.close();
    await streams.close();
    await database.destroy();
  }
});

const limits = { perVisitor: 4, perAddress: 6 };

/** One instance with a connection of its own to the common database. */
async function start(lapseMs?: number, its: Partial<EventStreamLimits> = limits): Promise<Instance> {
  const database = await openDatabase({ dataDir: '', databaseUrl });
  const places = new SharedStreamPlaces(database, (error) => troubles.push(error), lapseMs);
  const streams = new EventStreams(its, places);
  const app = express();
  app.get('/:visitor', async (req, res) => void (await streams.open(req, res, req.params.visitor, () => {})));
  app.use(((error, _req, res, _next) => {
    res.status(error instanceof AppError ? error.status : 500).end();
  }) as express.ErrorRequestHandler);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const instance = { port: (server.address() as AddressInfo).port, streams, database, server };
  instances.push(instance);
  return instance;
}

async function open({ port }: Instance, visitor: string): Promise<IncomingMessage> {
  const [answer] = await once(
    get({ port, host: '127.0.0.1', path: `/${visitor}`, agent: false }),
    'response',
  );
  return answer;
}

const statusOf = async (instance: Instance, visitor: string) => (await open(instance, visitor)).statusCode;
const rows = async ({ database }: Instance) =>
  Number((await database('event_streams').count('* as count').first())?.count);

test('a visitor and an address have one share at all instances, and who leaves makes room at every one', async () => {
  const [one, two, three] = [await start(), await start(), await start()];
  const first = await open(one, 'anna');
  for (const instance of [two, three, one]) expect(await statusOf(instance, 'anna')).toBe(200);
  for (const instance of instances) expect(await statusOf(instance, 'anna')).toBe(429);
  for (const instance of [two, three]) expect(await statusOf(instance, 'bert')).toBe(200);
  expect(await statusOf(one, 'carl')).toBe(429);
  first.destroy();
  await eventually('room at another instance', async () => (await statusOf(three, 'anna')) === 200);
});

test('of streams that begin at the same moment everywhere no more than the share are let in, and no fewer', async () => {
  const all = [await start(), await start(), await start()];
  const statuses = await Promise.all(
    Array.from({ length: 4 }, () => all.map((instance) => statusOf(instance, 'anna'))).flat(),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(statuses.filter((status) => status === 429)).toHaveLength(8);
});

test('the places of a process that was killed lapse, those of one that lives do not', async () => {
  const [killed, living] = [await start(60_000), await start(300)];
  for (const instance of [killed, killed, living]) expect(await statusOf(instance, 'anna')).toBe(200);
  // What a killed process leaves: rows that nobody renews any more.
  await living.database('event_streams').insert({
    ...{ id: 'left', visitor_hash: 'somebody', address_hash: 'somewhere', lapses_at: Date.now() - 1 },
  });
  await killed
    .database('event_streams')
    .where('lapses_at', '>', Date.now() + 30_000)
    .update({ lapses_at: Date.now() - 1 });
  await eventually(
    'one place that is left',
    () => rows(living),
    (count) => count === 1,
  );
  const [before] = await living.database('event_streams').pluck('lapses_at');
  await eventually(
    'a renewal',
    () => living.database('event_streams').pluck('lapses_at'),
    ([now]) => now > before,
  );
});

test('a table that a crash of PostgreSQL emptied is filled again, and streams begin while it can not be asked', async () => {
  const [one, two] = [await start(300), await start(300)];
  for (let count = 0; count < 3; count++) expect(await statusOf(one, 'anna')).toBe(200);
  await one.database('event_streams').delete();
  await eventually(
    'the places again',
    () => rows(two),
    (count) => count === 3,
  );
  await one.database.schema.renameTable('event_streams', 'elsewhere');
  expect(await statusOf(two, 'anna')).toBe(200);
  expect(troubles).not.toEqual([]);
  await one.database.schema.renameTable('elsewhere', 'event_streams');
  await eventually(
    'the place that could not be written',
    () => rows(two),
    (count) => count === 4,
  );
  expect(await statusOf(one, 'anna')).toBe(429);
});

test('nothing is left of an instance that ends in order, and a stream it refuses takes no place', async () => {
  const [one, two] = [await start(), await start()];
  for (let count = 0; count < 4; count++) expect(await statusOf(one, 'anna')).toBe(200);
  expect(await statusOf(two, 'anna')).toBe(429);
  expect(two.streams.count).toBe(0);
  await one.streams.close();
  expect(await rows(two)).toBe(0);
  expect(await statusOf(one, 'anna')).toBe(503);
  expect(await statusOf(two, 'anna')).toBe(200);
});
