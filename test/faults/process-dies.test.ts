import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { fileMeta, filePart, metaPart, multipart, openUpload, sendUpload } from '../support/multipart.js';
import { type Stage, stages } from '../support/with-child.js';

const newStage = stages();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const spooled = ({ folder }: Stage) => readdirSync(join(folder, 'app', 'spool'));
const filesAt = ({ sandbox }: Stage) => sandbox.control.library().files;

test('killed during intake: what was half received is removed on start, and nothing was accepted', async () => {
  const stage = await newStage();
  const app = await stage.start();
  const browser = app.browser();
  await browser.connect();
  const whole = multipart([metaPart(), filePart(randomBytes(2_000_000))]);
  const upload = openUpload(browser, app.baseUrl, { 'content-length': whole.length });
  upload.outgoing.write(whole.subarray(0, 1_000_000));
  await eventually(
    'a file in the spool',
    () => spooled(stage),
    (names) => names.length === 1,
  );
  await app.end('SIGKILL');
  await expect(upload.answer).rejects.toThrow();
  expect(spooled(stage)).toHaveLength(1);
  await stage.start();
  await eventually(
    'an empty spool',
    () => spooled(stage),
    (names) => names.length === 0,
  );
  expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
  expect(filesAt(stage)).toEqual([]);
});

test('killed between 202 and the push, and during it: all of it is delivered after the restart', async () => {
  const stage = await newStage();
  const app = await stage.start({ env: { PUSH_CONCURRENCY: '2' } });
  const browser = app.browser();
  await browser.connect();
  // Two are being sent and never get an answer; the others wait for their turn.
  stage.sandbox.control.addFault({ route: 'import', times: 2, behaviour: 'hang' });
  const files = Array.from({ length: 8 }, (_, n) => randomBytes(n % 2 ? 1000 : 200_000));
  const ids: string[] = [];
  for (const bytes of files) {
    const answer = await browser.upload(bytes, fileMeta);
    expect(answer.status).toBe(202);
    ids.push(answer.json.id);
  }
  const states = async () =>
    (await browser.getJson('/pushes')).json.pushes.map(({ state }: { state: string }) => state).sort();
  await eventually(
    'two under way',
    states,
    (seen) => seen.filter((state: string) => state === 'pushing').length === 2,
  );
  // They are under way here before they are there: whoever came later would meet what was meant for them.
  await eventually(
    'two hanging',
    () => stage.sandbox.control.faults().faults,
    (faults) => faults.length === 0,
  );
  await app.end('SIGKILL');
  await stage.start();
  const pushes = [];
  for (const id of ids) pushes.push(await browser.waitForState(id, ['delivered']));
  expect(
    filesAt(stage)
      .map((file) => file.sha256)
      .sort(),
  ).toEqual(files.map(sha256).sort());
  const interrupted = pushes.filter(({ possiblyDuplicated }) => possiblyDuplicated);
  expect(interrupted).toHaveLength(2);
  for (const push of interrupted) {
    expect(push.attempts).toMatchObject([
      { number: 1, code: 'Interrupted' },
      { number: 2, status: 200 },
    ]);
    const page = await browser.get(`/pushes/${push.id}`, { accept: 'text/html' });
    expect(page.text).toContain('at least once');
  }
  await eventually(
    'an empty spool',
    () => spooled(stage),
    (names) => names.length === 0,
  );
});

test('SIGTERM: not ready, new uploads refused, running ones finished, the rest back in the queue, exit code 0', async () => {
  const stage = await newStage();
  const app = await stage.start({ env: { DRAIN_SECONDS: '12', PUSH_CONCURRENCY: '1' } });
  const browser = app.browser();
  await browser.connect();
  stage.sandbox.control.addFault({ route: 'import', times: 1, behaviour: 'hang' });
  const hanging = await browser.upload(randomBytes(100_000), fileMeta);
  const queued = await browser.upload(randomBytes(1000), fileMeta);
  await browser.waitForState(hanging.json.id, ['pushing']);
  const bytes = randomBytes(1_000_000);
  const whole = multipart([metaPart(), filePart(bytes)]);
  const running = openUpload(browser, app.baseUrl, { 'content-length': whole.length });
  running.outgoing.write(whole.subarray(0, 500_000));
  await eventually(
    'an upload under way',
    () => spooled(stage),
    (names) => names.length >= 2,
  );
  expect((await browser.getJson('/readyz')).status).toBe(200);
  const ended = app.end('SIGTERM');
  const ready = await eventually(
    'not ready',
    () => browser.getJson('/readyz'),
    ({ status }) => status !== 200,
  );
  expect([ready.status, ready.json.status]).toEqual([503, 'shutting down']);
  expect((await browser.getJson('/readyz/instance')).json.status).toBe('shutting down');
  expect((await browser.getJson('/healthz')).status).toBe(200);
  const refused = await sendUpload(browser, app.baseUrl, multipart([metaPart(), filePart('too late')]));
  expect([refused.status, refused.json.error.code]).toEqual([503, 'ShuttingDown']);
  expect(refused.headers['retry-after']).toBeDefined();
  running.outgoing.end(whole.subarray(500_000));
  const finished = await running.answer;
  expect(finished.status).toBe(202);
  expect(await ended).toBe(0);
  await stage.start();
  for (const id of [hanging.json.id, queued.json.id, finished.json.id])
    await browser.waitForState(id, ['delivered']);
  expect(filesAt(stage).map((file) => file.sha256)).toContain(sha256(bytes));
  const { attempts } = (await browser.getJson(`/pushes/${hanging.json.id}`)).json;
  // It was put back by the process itself: nobody had to find it abandoned.
  expect(attempts[0].code).toBe('Aborted');
}, 180_000);

test('SIGTERM with nothing to do, and a page that watches a push: the process ends at once', async () => {
  const stage = await newStage();
  const app = await stage.start({ env: { DRAIN_SECONDS: '600' } });
  const browser = app.browser();
  await browser.connect();
  stage.sandbox.control.addFault({
    route: 'import',
    times: 100,
    status: 503,
    headers: { 'retry-after': '600' },
  });
  const { json } = await browser.upload('watched', fileMeta);
  const watched = browser.get(json.links.events);
  await browser.waitForState(json.id, ['queued']);
  expect(await app.end('SIGTERM')).toBe(0);
  expect((await watched).text).toContain('event: state');
});

test('SIGTERM twice, and SIGINT, end it in order as well', async () => {
  const stage = await newStage();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const app = await stage.start();
    process.kill(app.pid, signal);
    expect(await app.end(signal)).toBe(0);
    expect(app.errors()).toBe('');
  }
});
