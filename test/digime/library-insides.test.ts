import { getEventListeners, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { init } from '../../src/digime/index.js';
import { eventually } from '../support/eventually.js';
import { applicationId, contract, firstToken, LocalPlatform } from './local-platform.js';

// What the client relies on inside axios and Node, each in one file of src/digime/wire: axios-exchange.ts and http.ts (the adapter, its headers
// and its signal) and sockets.ts (writing and keep-alive). These fail when an upgrade changes it.

let platform: LocalPlatform;
beforeEach(async () => {
  platform = await new LocalPlatform().start();
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const data = { fileData: Buffer.from('x'), fileDescriptor: { mimeType: 'a/b', accounts: [] } };

test('The adapter of axios sends our headers and adds none of its own, and neither does a push.', async () => {
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  await sdk.readAccounts(user);
  await sdk.pushData({ ...user, data });
  const [read, push] = platform.seen.map(({ headers }) => Object.keys(headers).sort());
  const common = ['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'user-agent'];
  expect(read).toEqual(common);
  expect(push).toEqual([...common, 'content-length', 'content-type', 'filedescriptor'].sort());
});

test('A connection is told to stay alive once, however many requests it carries.', async () => {
  const setKeepAlive = Socket.prototype.setKeepAlive;
  let times = 0;
  Socket.prototype.setKeepAlive = function counted(...settings) {
    times += 1;
    return setKeepAlive.apply(this, settings);
  };
  try {
    const sdk = init({ applicationId, baseUrl: platform.baseUrl });
    for (let call = 0; call < 5; call += 1) await sdk.readAccounts(user);
    expect(platform.connections).toBe(1);
    // Once for the agent's own setting when it opened the connection, or once for the first request.
    expect(times).toBe(1);
  } finally {
    Socket.prototype.setKeepAlive = setKeepAlive;
  }
});

test('A request names its host once, whether the client names it or a tool that changes the request.', async () => {
  const hosts: string[][] = [];
  platform.script(
    'POST permission-access/import',
    ...Array.from({ length: 2 }, () => (request: IncomingMessage, response: ServerResponse) => {
      const { rawHeaders } = request;
      hosts.push(rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host'));
      response.writeHead(201).end();
    }),
  );
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  await sdk.pushData({ ...user, data });
  await sdk.pushData({ ...user, data, intercept: ({ send }) => send({ headers: { host: 'elsewhere' } }) });
  expect(hosts).toEqual([[`127.0.0.1:${platform.port}`], ['elsewhere']]);
});

/** Answers pushes with what the server says about idle connections. */
const answerWith = (keepAlive: string, ended: Promise<unknown>[] = []) =>
  platform.script(
    'POST permission-access/import',
    ...Array.from({ length: 2 }, () => ({ socket }: IncomingMessage, response: ServerResponse) => {
      if (ended.length === 0) ended.push(once(socket, 'end'));
      response.writeHead(201, { 'Keep-Alive': keepAlive, Connection: 'keep-alive' }).end();
    }),
  );

test('An idle connection is closed before the server will close it, as it has said, and used again until then.', async () => {
  const ended: Promise<unknown>[] = [];
  answerWith('timeout=2', ended);
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  await sdk.pushData({ ...user, data });
  await sdk.pushData({ ...user, data });
  expect(platform.connections).toBe(1);
  await ended[0];
  await sdk.readAccounts(user);
  expect(platform.connections).toBe(2);
});

test('A connection that the server closes within a second is not used again: a push could cross its end.', async () => {
  answerWith('timeout=1');
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  await sdk.pushData({ ...user, data });
  await sdk.pushData({ ...user, data });
  expect(platform.connections).toBe(2);
});

test('A file in memory leaves together with the head of its request, in one write.', async () => {
  const { _write, _writev } = Socket.prototype;
  const writes: number[] = [];
  Socket.prototype._write = function counted(...parameters) {
    writes.push(Buffer.byteLength(parameters[0]));
    return _write.apply(this, parameters);
  };
  Socket.prototype._writev = function counted(chunks, done) {
    writes.push(chunks.reduce((bytes, { chunk }) => bytes + Buffer.byteLength(chunk), 0));
    return _writev?.call(this, chunks, done);
  };
  try {
    const sdk = init({ applicationId, baseUrl: platform.baseUrl });
    await sdk.pushData({ ...user, data });
    const before = writes.length;
    const fileData = Buffer.alloc(256 * 1024);
    await sdk.pushData({ ...user, data: { ...data, fileData } });
    // The other one is the local server's answer.
    const [push, ...others] = writes.slice(before).sort((a, b) => b - a);
    expect(push).toBeGreaterThan(fileData.length + 500);
    expect(others).toEqual([expect.any(Number)]);
  } finally {
    Object.assign(Socket.prototype, { _write, _writev });
  }
});

test('A connection that ended while it was idle is not used again, and ends nothing else.', async () => {
  for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    const sdk = init({ applicationId, baseUrl: platform.baseUrl });
    const before = platform.connections;
    let socket: Socket | undefined;
    platform.script('POST permission-access/import', (request, response) => {
      socket = request.socket;
      response.writeHead(201).end();
    });
    await sdk.pushData({ ...user, data });
    const closed = once(socket as Socket, 'close');
    end(socket as Socket);
    await closed;
    const push = () => sdk.pushData({ ...user, data }).then(() => platform.connections, String);
    expect(await eventually('a connection of its own', push, Number.isInteger)).toBe(before + 2);
  }
});

test('A signal of the caller is let go of when a call is over, and ends one that is not.', async () => {
  const controller = new AbortController();
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  await sdk.readAccounts({ ...user, signal: controller.signal });
  await sdk.pushData({ ...user, data, signal: controller.signal });
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  for (const route of ['GET permission-access/accounts', 'POST permission-access/import'])
    platform.script(route, () => setTimeout(() => controller.abort(), 20));
  const calls = [
    sdk.readAccounts({ ...user, signal: controller.signal }),
    sdk.pushData({ ...user, data, signal: controller.signal }),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ error: { code: 'Aborted' } });
});
