import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
let browser: Browser;
beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await browser.connect();
});
afterAll(() => pair.close());

const form = [
  '--x',
  'Content-Disposition: form-data; name="fileMeta"',
  '',
  'no JSON',
  '--x',
  'Content-Disposition: form-data; name="file"; filename="a"',
  '',
  '',
].join('\r\n');

/** Sends `bytes` of a body and looks for the answer only then, as many clients do. @returns what came until the end */
async function sendAll(path: string, version: string, connection: string, bytes: number): Promise<string> {
  const { port, hostname } = new URL(pair.app.baseUrl);
  const socket = connect(Number(port), hostname);
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  let said = '';
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', (error) => {
      said += ` ${String(error)}`;
    });
  });
  socket.write(
    [
      `POST ${path} HTTP/${version}`,
      `Host: localhost:${port}`,
      `Cookie: ${cookie}`,
      `Connection: ${connection}`,
      'Accept: application/json',
      'Content-Type: multipart/form-data; boundary=x',
      `Content-Length: ${form.length + bytes}`,
      '',
      form,
    ].join('\r\n'),
  );
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += chunk.length)
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), ended]);
  socket.on('data', (data) => {
    said += data;
  });
  await ended;
  return said;
}

test.each([
  ['1.1', 'close', '/push/library', 422],
  ['1.1', 'TE, Close', '/nothing/here', 404],
  ['1.0', 'te', '/nothing/here', 404],
])(
  'over HTTP %s with Connection: %s the refusal of a large body arrives whole, and the connection ends',
  async (version, connection, path, status) => {
    const said = await sendAll(path, version, connection, 80 * 64 * 1024);
    expect(said).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(said).toMatch(/"requestId":"[^"]+".*\}$/s);
  },
);
