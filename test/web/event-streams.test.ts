import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import express from 'express';
import { AppError } from '../../src/errors.js';
import { type EventStream, type EventStreamLimits, EventStreams } from '../../src/web/index.js';
import { eventually } from '../support/eventually.js';

let server: Server;
let streams: EventStreams;
let opened: EventStream[];
let endings: { count: number };
let wait: Promise<unknown>;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function start(limits: Partial<EventStreamLimits> = {}): Promise<number> {
  streams = new EventStreams(limits);
  opened = [];
  endings = { count: 0 };
  const mine = endings;
  wait = Promise.resolve();
  const app = express();
  app.get('/:visitor', async (req, res) => {
    await wait;
    opened.push(await streams.open(req, res, req.params.visitor, () => mine.count++));
  });
  app.use(((error, _req, res, _next) => {
    res.status(error instanceof AppError ? error.status : 500).end();
  }) as express.ErrorRequestHandler);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function open(port: number, visitor: string): Promise<IncomingMessage> {
  const [answer] = await once(
    get({ port, host: '127.0.0.1', path: `/${visitor}`, agent: false }),
    'response',
  );
  return answer;
}

test('an event arrives with its name, its id and one line of JSON, and the end ends it', async () => {
  const port = await start();
  const answer = await open(port, 'anna');
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  opened[0]?.send('state', { text: 'two\nlines' }, 7);
  opened[0]?.end();
  let text = '';
  for await (const chunk of answer) text += chunk;
  expect(text).toBe('event: state\nid: 7\ndata: {"text":"two\\nlines"}\n\n');
  expect([streams.count, endings.count]).toEqual([0, 1]);
});

test('a visitor has a share, all together have a limit, and beyond either it is 429; who leaves makes room', async () => {
  const port = await start({ perVisitor: 2, inAll: 3 });
  const first = await open(port, 'anna');
  expect((await open(port, 'anna')).statusCode).toBe(200);
  expect((await open(port, 'anna')).statusCode).toBe(429);
  expect((await open(port, 'bert')).statusCode).toBe(200);
  expect((await open(port, 'carl')).statusCode).toBe(429);
  first.destroy();
  await eventually(
    'room',
    () => streams.count,
    (count) => count === 2,
  );
  expect((await open(port, 'carl')).statusCode).toBe(200);
});

test('an address has a share too, however many visitors are at it', async () => {
  const port = await start({ perAddress: 2 });
  const first = await open(port, 'anna');
  expect((await open(port, 'bert')).statusCode).toBe(200);
  expect((await open(port, 'carl')).statusCode).toBe(429);
  first.destroy();
  await eventually(
    'room',
    () => streams.count,
    (count) => count === 1,
  );
  expect((await open(port, 'carl')).statusCode).toBe(200);
});

test('a client that left before its stream began leaves nothing behind', async () => {
  const port = await start();
  let begin = () => {};
  wait = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  const client: Socket = connect(port, '127.0.0.1');
  client.write('GET /anna HTTP/1.1\r\nHost: x\r\n\r\n');
  const [req] = await arrived;
  const closed = new Promise((resolve) => req.once('close', resolve));
  client.destroy();
  await closed;
  begin();
  await eventually(
    'an ended stream',
    () => endings.count,
    (count) => count === 1,
  );
  expect(streams.count).toBe(0);
  expect(opened[0]?.isOpen).toBe(false);
});

test('a client that does not read is dropped, and what waits for it stays bounded', async () => {
  const port = await start({ unreadBytes: 100_000 });
  const client: Socket = connect(port, '127.0.0.1');
  client.pause();
  client.write('GET /anna HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(
    'a stream',
    () => opened.length,
    (count) => count === 1,
  );
  let sent = 0;
  await eventually('the drop', () => {
    opened[0]?.send('step', 'x'.repeat(50_000));
    sent++;
    return opened[0]?.isOpen === false;
  });
  expect(sent).toBeGreaterThan(2);
  expect([streams.count, endings.count]).toEqual([0, 1]);
  client.destroy();
});

test('when the process ends, streams end and new ones are refused', async () => {
  const port = await start();
  const answer = await open(port, 'anna');
  const ended = once(answer.resume(), 'end');
  await streams.close();
  await ended;
  expect((await open(port, 'anna')).statusCode).toBe(503);
});
