import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { fileMeta, filePart, metaPart, multipart, openUpload, sendUpload } from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await pair.close();
});

async function visitor(): Promise<Browser> {
  const browser = pair.browser();
  await browser.connect();
  return browser;
}

/** An upload that has begun and goes no further. */
function begin(browser: Browser) {
  const whole = multipart([metaPart(), filePart(Buffer.alloc(100_000, 1))]);
  const upload = openUpload(browser, pair.app.baseUrl, { 'content-length': whole.length });
  upload.outgoing.write(whole.subarray(0, 50_000));
  return { ...upload, finish: () => upload.outgoing.end(whole.subarray(50_000)) };
}

/** Requests by somebody unknown whose body never comes. */
async function drip(path: string, count: number): Promise<void> {
  const { hostname, port } = new URL(pair.app.baseUrl);
  for (let number = 0; number < count; number++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
  }
}

const inProgress = () => pair.app.pushService.guard.inProgress;

test('people without a connection take no place from an upload, however many bodies they begin', async () => {
  pair = await startPair({ env: { MAX_CONCURRENT_UPLOADS: '4' } });
  const anna = await visitor();
  await drip('/push/provider/check', 40);
  await drip('/push/provider', 40);
  await eventually('bodies being read', inProgress, (count) => count > 0);
  const answer = await sendUpload(anna, pair.app.baseUrl, multipart([metaPart(), filePart('a')]));
  expect(answer.status).toBe(202);
});

test('a visitor who holds a full share waits for one of those places; others go on', async () => {
  pair = await startPair({ env: { MAX_CONCURRENT_UPLOADS: '32' } });
  const [anna, bert] = [await visitor(), await visitor()];
  const slow = Array.from({ length: 8 }, () => begin(anna));
  await eventually('eight uploads', inProgress, (count) => count === 8);
  const ninth = begin(anna);
  ninth.finish();
  const other = await sendUpload(bert, pair.app.baseUrl, multipart([metaPart(), filePart('b')]));
  expect(other.status).toBe(202);
  // The ninth has not begun; the place of the other visitor's becomes free after its answer.
  await eventually('eight uploads', inProgress, (count) => count === 8);
  slow[0]?.finish();
  expect((await slow[0]?.answer)?.status).toBe(202);
  expect((await ninth.answer).status).toBe(202);
  for (const upload of slow) upload.finish();
  for (const upload of slow) expect((await upload.answer).status).toBe(202);
});

test('who leaves while waiting is forgotten', async () => {
  pair = await startPair({ env: { MAX_CONCURRENT_UPLOADS: '16' } });
  const anna = await visitor();
  const slow = Array.from({ length: 8 }, () => begin(anna));
  await eventually('eight uploads', inProgress, (count) => count === 8);
  const waiting = begin(anna);
  waiting.outgoing.on('error', () => {});
  waiting.outgoing.destroy();
  for (const upload of slow) upload.outgoing.destroy();
  await eventually('free places', inProgress, (count) => count === 0);
  expect((await anna.upload('c', fileMeta)).status).toBe(202);
});

test('a body that does not come is answered 408 and its connection closed, on every route that takes one', async () => {
  pair = await startPair({ env: { BODY_TIMEOUT_SECONDS: '1' } });
  const anna = await visitor();
  const cookie = [...anna.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  for (const path of ['authorize', 'disconnect', 'forget', 'push/provider/check', 'push/provider/account']) {
    const outgoing = request(new URL(path, pair.app.baseUrl), {
      method: 'POST',
      agent: false,
      headers: {
        cookie,
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': 100,
      },
    });
    const closed = new Promise((resolve) => outgoing.once('close', resolve));
    outgoing.on('error', () => {});
    outgoing.write('a=');
    const dripping = setInterval(() => outgoing.write('b'), 100);
    const [answer] = await once(outgoing, 'response');
    expect([path, answer.statusCode]).toEqual([path, 408]);
    answer.resume();
    await closed;
    clearInterval(dripping);
  }
  await eventually('free places', inProgress, (count) => count === 0);
});

test('an upload that takes longer than that, and goes on, arrives', async () => {
  pair = await startPair({ env: { BODY_TIMEOUT_SECONDS: '1' } });
  const anna = await visitor();
  const upload = begin(anna);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  upload.finish();
  expect((await upload.answer).status).toBe(202);
});
