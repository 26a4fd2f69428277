import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readEvents } from '../inspector/inspected-app.js';
import { connectReading, finishedList, pushAndDeliver } from '../library/reading.js';
import { connectProvider, exampleBundle, pushJson } from '../push/provider/provider-requests.js';
import type { Browser } from '../support/browser.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';

let postgres: Postgres;
let s3: S3Server;
let cluster: Cluster;
beforeAll(async () => {
  [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  cluster = await startCluster({ databaseUrl: await postgres.newDatabase(), s3 });
}, 180_000);
afterEach(() => {
  cluster.sandbox.control.clearFaults();
  expect(cluster.instances.map((instance) => instance.errors()).join('')).toBe('');
});
afterAll(async () => {
  await cluster?.close();
  await s3?.close();
  await postgres?.remove();
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const arrivals = (bytes: Buffer) =>
  cluster.sandbox.control.library().files.filter((file) => file.sha256 === sha256(bytes));
/** As often as a turn of the proxy needs to reach every instance, and once more. */
const turns = [1, 2, 3, 4];

interface InspectorStep {
  number: number;
  call?: string;
  push?: string;
  canRepeat?: boolean;
}

const tusHeaders = (browser: Browser) => ({
  cookie: [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; '),
  'tus-resumable': '1.0.0',
});

/** One request of the protocol for resumable uploads. */
function tus(
  browser: Browser,
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  body?: Buffer,
): Promise<{ status: number; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, cluster.proxy.baseUrl), {
      method,
      agent: false,
      headers: {
        ...tusHeaders(browser),
        ...(body && { 'content-length': body.length, 'content-type': 'application/offset+octet-stream' }),
        ...headers,
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume();
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
    });
    outgoing.end(body);
  });
}

async function beginUpload(browser: Browser, size: number): Promise<string> {
  const metadata = { filename: 'scan.bin', fileMeta: JSON.stringify(fileMeta) };
  const pairs = Object.entries(metadata).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  );
  const { status, headers } = await tus(browser, 'POST', '/uploads', {
    'upload-length': size,
    'upload-metadata': pairs.join(','),
  });
  expect(status).toBe(201);
  return headers.location ?? '';
}

test('a person connects, uploads and sees the push become delivered, each request on another instance', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const before = new Map(cluster.proxy.counts);
  const bytes = randomBytes(300_000);
  cluster.sandbox.control.addFault({ route: 'import', times: 1, delayMs: 500 });
  const { status, json } = await browser.upload(bytes, fileMeta);
  expect(status).toBe(202);
  for (const _ of turns) {
    const events = await readEvents(browser, `${cluster.proxy.baseUrl}pushes/${json.id}/events`, (text) =>
      text.includes('"state":"delivered"'),
    );
    expect(events).toContain('"state":"delivered"');
    const page = await browser.get(`/pushes/${json.id}`, { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect((await browser.getJson('/pushes')).json.pushes).toMatchObject([{ id: json.id }]);
  }
  expect(arrivals(bytes)).toMatchObject([{ count: 1 }]);
  for (const { port } of cluster.instances)
    expect(cluster.proxy.counts.get(port)).toBeGreaterThan(before.get(port) ?? 0);
});

test('two tabs that begin an authorization at the same moment both come back', async () => {
  const browser = cluster.browser();
  await browser.get('/');
  await browser.post('/authorize', { type: 'library' });
  const started = await Promise.all(
    Array.from({ length: 5 }, () => browser.post('/authorize', { type: 'library' })),
  );
  expect(started.map(({ status }) => status)).toEqual([303, 303, 303, 303, 303]);
  for (const { headers } of started) {
    const back = await browser.getJson(await browser.decide(headers.get('location') ?? ''));
    expect([back.status, back.json.error]).toEqual([303, undefined]);
  }
});

test('a callback that comes twenty times at once is exchanged once', async () => {
  const browser = cluster.browser();
  const started = await browser.post('/authorize', { type: 'library' });
  const back = await browser.decide(started.headers.get('location') ?? '');
  cluster.sandbox.control.clearRequests();
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.twin().getJson(back)));
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  const routes = cluster.sandbox.control.requests().requests.map(({ route }) => route);
  expect(routes.filter((route) => route === 'token')).toHaveLength(1);
});

test('an upload that is repeated with its key at every instance at once makes one push', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const bytes = randomBytes(100_000);
  const headers = { 'idempotency-key': 'once' };
  const answers = await Promise.all(turns.map(() => browser.upload(bytes, fileMeta, { headers })));
  expect(answers.map(({ status }) => status)).toEqual(turns.map(() => 202));
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
  await browser.waitForState(answers[0]?.json.id, ['delivered']);
  const other = await browser.upload(randomBytes(10), fileMeta, { headers });
  expect([other.status, other.json.error.code]).toEqual([409, 'IdempotencyConflict']);
  expect(arrivals(bytes)).toMatchObject([{ count: 1 }]);
});

test('an access token that ran out is refreshed once for all of them', async () => {
  const browser = cluster.browser();
  await browser.connect();
  cluster.sandbox.control.advanceClock(7200);
  cluster.sandbox.control.clearRequests();
  cluster.sandbox.control.addFault({ route: 'token', times: 1, delayMs: 300 });
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => browser.upload(randomBytes(1000 + n), fileMeta)),
  );
  for (const { json } of answers) await browser.waitForState(json.id, ['delivered']);
  const routes = cluster.sandbox.control.requests().requests.map(({ route }) => route);
  expect(routes.filter((route) => route === 'token')).toHaveLength(1);
});

test('a resumable upload goes on at another instance each time, and repeating its end gives the same push', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const bytes = randomBytes(3_000_000);
  const url = await beginUpload(browser, bytes.length);
  let answer = await tus(browser, 'HEAD', url);
  for (let at = 0, piece = 430_001; at < bytes.length; at += piece) {
    expect((await tus(browser, 'HEAD', url)).headers['upload-offset']).toBe(String(at));
    answer = await tus(browser, 'PATCH', url, { 'upload-offset': at }, bytes.subarray(at, at + piece));
    expect(answer.status).toBe(204);
  }
  const push = String(answer.headers['push-location']);
  for (const _ of turns) {
    const again = await tus(browser, 'PATCH', url, { 'upload-offset': bytes.length }, Buffer.alloc(0));
    expect(again.headers['push-location']).toBe(push);
  }
  const view = await browser.waitForState(push.slice('/pushes/'.length), ['delivered']);
  expect(view).toMatchObject({ sha256: sha256(bytes), size: bytes.length });
  expect(arrivals(bytes)).toMatchObject([{ count: 1 }]);
  await eventually(
    'an empty bucket',
    () => cluster.payloads.list(Date.now()),
    (found) => found.length === 0,
  );
});

/** Sends a part of `bytes` straight to the first instance, so that the ones after it are others, and then nothing more. */
async function hangAtFirstInstance(browser: Browser, url: string, bytes: Buffer) {
  const [first] = cluster.instances;
  const hanging = request(new URL(url, first?.baseUrl), {
    method: 'PATCH',
    agent: false,
    headers: {
      ...tusHeaders(browser),
      'upload-offset': 0,
      'content-type': 'application/offset+octet-stream',
      'content-length': bytes.length,
    },
  });
  hanging.on('error', () => {});
  const closed = new Promise<void>((resolve) => hanging.once('close', () => resolve()));
  await new Promise((resolve) => hanging.write(bytes.subarray(0, 600_000), resolve));
  return { closed };
}

test('an upload whose connection hangs at one instance is gone on with at the next', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const bytes = randomBytes(900_000);
  const url = await beginUpload(browser, bytes.length);
  let offset = 0;
  // Ended before the first instance has read a byte it leaves nothing to go on with: then it hangs once more.
  while (offset === 0) {
    const { closed } = await hangAtFirstInstance(browser, url, bytes);
    let isClosed = false;
    closed.then(() => {
      isClosed = true;
    });
    await eventually(
      'the next request to end the one that hangs',
      () => tus(browser, 'HEAD', url),
      () => isClosed,
    );
    offset = Number((await tus(browser, 'HEAD', url)).headers['upload-offset']);
  }
  const last = await tus(browser, 'PATCH', url, { 'upload-offset': offset }, bytes.subarray(offset));
  const id = String(last.headers['push-location']).slice('/pushes/'.length);
  expect(await browser.waitForState(id, ['delivered'])).toMatchObject({ sha256: sha256(bytes) });
});

test('a person reads the library back and downloads a file, whichever instance is asked', async () => {
  const browser = cluster.browser();
  await browser.connect();
  await pushAndDeliver(browser, 'Dear reader', { mimeType: 'text/plain' }, 'letter.txt');
  expect((await connectReading(browser)).status).toBe(303);
  const { files } = await finishedList(browser);
  expect(files).toHaveLength(1);
  for (const _ of turns) {
    const file = await browser.get(files[0].links.download ?? `/library/${files[0].name}`);
    expect([file.status, file.text]).toEqual([200, 'Dear reader']);
  }
});

test('a bundle goes to a provider', async () => {
  const browser = cluster.browser();
  const connection = await connectProvider(browser);
  const { status, json } = await pushJson(browser, {
    connection: connection.id,
    version: 'stu3',
    resource: exampleBundle(),
  });
  expect([status, json.error]).toEqual([202, undefined]);
  await browser.waitForState(json.id, ['delivered']);
});

test('who leaves is known to no instance any more, and nothing of them stays in the bucket', async () => {
  const browser = cluster.browser();
  await browser.connect();
  cluster.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const { json } = await browser.upload(randomBytes(300_000), fileMeta);
  const url = await beginUpload(browser, 900_000);
  await tus(browser, 'PATCH', url, { 'upload-offset': 0 }, randomBytes(600_000));
  expect((await cluster.payloads.list(Date.now())).length).toBeGreaterThan(1);
  const gone = browser.twin();
  expect((await browser.post('/forget')).json).toEqual({ forgotten: true });
  for (const _ of turns) {
    expect((await gone.getJson(`/pushes/${json.id}`)).status).toBe(404);
    expect((await gone.getJson('/')).json.connections).toEqual([]);
    expect((await gone.getJson('/inspector')).json.steps).toEqual([]);
  }
  await eventually(
    'an empty bucket',
    () => cluster.payloads.list(Date.now()),
    (found) => found.length === 0,
  );
});

test('the inspector shows one journey at every instance, live, repeats a call that another one made, and is emptied everywhere', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const stepsOf = async () => (await browser.getJson('/inspector')).json.steps as InspectorStep[];
  const first = await stepsOf();
  expect(first.map(({ number }) => number)).toEqual(first.map((_, index) => index + 1));
  for (const _ of turns) expect(await stepsOf()).toEqual(first);

  const push = { id: '' };
  const open = new Set<number>();
  const streams = turns.map((turn) =>
    readEvents(browser, `${cluster.proxy.baseUrl}inspector/events`, (text) => {
      open.add(turn);
      return text.includes('"state":"delivered"');
    }),
  );
  // Each tells what comes from its first words on.
  await eventually('all of them', () => open.size === turns.length);
  const events = await Promise.all([
    ...streams,
    browser.upload(randomBytes(1000), fileMeta).then(({ json }) => {
      push.id = json.id;
      return '"state":"delivered"';
    }),
  ]);
  for (const text of events) expect(text).toContain('"state":"delivered"');
  const later = await stepsOf();
  expect(later.find(({ call }) => call === 'pushData')).toMatchObject({ push: push.id, canRepeat: true });

  for (const _ of turns) {
    const { number } = (await stepsOf()).findLast(({ call }) => call === 'readAccounts') as InspectorStep;
    const before = (await stepsOf()).length;
    const again = await browser.post(`/inspector/steps/${number}/replay`);
    expect([again.status, (await stepsOf()).length]).toEqual([303, before + 1]);
    const { curl } = (await browser.post(`/inspector/steps/${number}/curl`)).json;
    expect(curl).toContain('Authorization: Bearer ey');
  }
  expect((await browser.post('/inspector/clear')).status).toBe(303);
  for (const _ of turns) expect(await stepsOf()).toEqual([]);
});

test('what a person lets go wrong goes wrong at whichever instance makes the call, once', async () => {
  const browser = cluster.browser();
  await browser.connect();
  await browser.post('/what-if', { switch: 'unavailable' });
  for (const _ of turns)
    expect((await browser.getJson('/what-if')).json.pushFailures).toMatchObject([{ remaining: 1 }]);
  const { json } = await browser.upload(randomBytes(100), fileMeta);
  const view = await browser.waitForState(json.id, ['delivered']);
  expect(view.attempts.map(({ status }: { status: number }) => status)).toEqual([503, 200]);
  for (const _ of turns) expect((await browser.getJson('/what-if')).json.pushFailures).toEqual([]);
});

test('a person has eight event streams at all instances together, and one that ends makes room at every instance', async () => {
  const browser = cluster.browser();
  await browser.connect();
  const begin = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      request(new URL('/inspector/events', cluster.proxy.baseUrl), {
        agent: false,
        headers: { cookie: tusHeaders(browser).cookie, accept: 'text/event-stream' },
      })
        .once('error', reject)
        .once('response', (answer) => resolve(answer.resume().on('error', () => {})))
        .end();
    });
  const streams = [];
  for (let count = 0; count < 8; count++) streams.push(await begin());
  expect(streams.map(({ statusCode }) => statusCode)).toEqual(streams.map(() => 200));
  for (const _ of turns) expect((await begin()).statusCode).toBe(429);
  streams.shift()?.destroy();
  streams.push(await eventually('room', begin, ({ statusCode }) => statusCode === 200));
  for (const stream of streams) stream.destroy();
});
