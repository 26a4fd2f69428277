import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectReading, finishedList, pushAndDeliver } from '../library/reading.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ env: { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' } });
});
afterEach(() => {
  pair.sandbox.control.clearFaults();
});
afterAll(() => pair.close());

const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
const large = 'a long story. '.repeat(20_000);

/** A push that failed once and waits for its next attempt; its payload is a file in the spool. */
async function waitingPush(browser: Browser, name: string, connection?: string) {
  pair.sandbox.control.addFault({ route: 'import', status: 503 });
  const { json } = await browser.upload(large, meta, { name, ...(connection && { connection }) });
  return eventually(
    'the plan for its next attempt',
    async () => (await browser.getJson(`/pushes/${json.id}`)).json,
    ({ state, attempts }) => state === 'queued' && attempts.length === 1,
  );
}

const spooled = () => readdir(join(pair.dataDir, 'app', 'spool'));
/** Files go after their rows. */
const emptySpool = () => eventually('an empty spool', spooled, (names) => names.length === 0);
const libraries = () => pair.sandbox.control.library().libraries.map(({ userId }) => userId);

describe('disconnecting', () => {
  test('drops the connection at once when nothing waits', async () => {
    const browser = pair.browser();
    const { id } = await browser.connect();
    const answer = await browser.post('/disconnect', { connection: id }, {});
    expect(answer.headers.get('location')).toBe('/');
    expect((await browser.getJson('/')).json.connections).toEqual([]);
    expect((await browser.upload('x', meta)).status).toBe(404);
  });

  test('names what waits before it cancels it, and leaves no payload behind', async () => {
    const browser = pair.browser();
    const { id } = await browser.connect();
    const push = await waitingPush(browser, 'unsent <letter>.txt');
    expect(await spooled()).toHaveLength(1);
    const question = await browser.post('/disconnect', { connection: id }, {});
    expect(question.status).toBe(200);
    expect(question.text).toContain('unsent &lt;letter&gt;.txt');
    expect((await browser.getJson('/')).json.connections).toHaveLength(1);
    expect((await browser.getJson(push.links.self)).json.state).toBe('queued');

    expect((await browser.post('/disconnect', { connection: id, confirm: 'true' }, {})).status).toBe(303);
    expect((await browser.getJson('/')).json.connections).toEqual([]);
    expect((await browser.getJson(push.links.self)).json.state).toBe('cancelled');
    await emptySpool();
  });

  test('by a script says what was cancelled', async () => {
    const browser = pair.browser();
    const { id } = await browser.connect();
    const push = await waitingPush(browser, 'a.txt');
    const { json } = await browser.post('/disconnect', { connection: id });
    expect(json).toMatchObject({ disconnected: id, cancelled: [{ id: push.id, fileName: 'a.txt' }] });
  });

  test("does not touch somebody else's connection", async () => {
    const owner = pair.browser();
    const { id } = await owner.connect();
    const stranger = pair.browser();
    await stranger.connect();
    expect((await stranger.post('/disconnect', { connection: id })).json.error.code).toBe(
      'ConnectionNotFound',
    );
    expect((await owner.getJson('/')).json.connections).toHaveLength(1);
  });

  test('and connecting again leads to the same library while another permission is left', async () => {
    const browser = pair.browser();
    const { id } = await browser.connect();
    await pushAndDeliver(browser, 'still there', { mimeType: 'text/plain' }, 'still.txt');
    await connectReading(browser);
    const before = libraries().length;
    await browser.post('/disconnect', { connection: id });
    await browser.connect();
    expect(libraries()).toHaveLength(before);
    const list = await finishedList(browser);
    expect(list.sameLibrary).toBe('same');
    expect(list.files).toHaveLength(1);
  });
});

describe('being forgotten', () => {
  test('names what waits and removes everything here, and only here', async () => {
    const browser = pair.browser();
    await browser.connect();
    const delivered = await pushAndDeliver(browser, 'arrived', { mimeType: 'text/plain' }, 'arrived.txt');
    await waitingPush(browser, 'unsent.txt');
    expect((await browser.get('/forget')).text).toContain('unsent.txt');
    const old = browser.twin();
    const before = libraries().length;

    const answer = await browser.post('/forget', {}, {});
    expect(answer.text).toContain('You are forgotten');
    expect(answer.headers.get('set-cookie')).toMatch(/digime-push=;.*1970/);
    await emptySpool();
    expect(libraries()).toHaveLength(before);
    expect((await old.getJson(delivered.links.self)).status).toBe(404);
    expect((await old.getJson('/')).json.connections).toEqual([]);
    expect((await old.getJson('/pushes')).json.pushes).toEqual([]);
  });

  test('at digi.me too, when they ask for it', async () => {
    const browser = pair.browser();
    const before = libraries();
    await browser.connect();
    await browser.connect('provider');
    expect(libraries()).toHaveLength(before.length + 1);
    expect((await browser.post('/forget', { deleteAtDigime: 'true' })).json).toEqual({ forgotten: true });
    expect(libraries()).toEqual(before);
  });

  test('is not half done when digi.me refuses: nothing is deleted, and forgetting only here is offered', async () => {
    const browser = pair.browser();
    await browser.connect();
    const push = await pushAndDeliver(browser, 'kept', { mimeType: 'text/plain' }, 'kept.txt');
    pair.sandbox.control.addFault({
      route: 'delete-user',
      status: 403,
      body: { error: { code: 'InsufficientScope', message: 'no', reference: 'ref-7' } },
    });
    const refused = await browser.post('/forget', { deleteAtDigime: 'true' }, {});
    expect(refused.status).toBe(502);
    expect(refused.text).toContain('Nothing was deleted.');
    expect(refused.text).toContain('ref-7');
    expect((await browser.getJson(push.links.self)).json.state).toBe('delivered');
    expect((await browser.getJson('/')).json.connections).toHaveLength(1);

    await browser.post('/forget', {}, {});
    expect((await browser.getJson('/')).json.connections).toEqual([]);
  });

  test('reaches what is being sent at that moment', async () => {
    const browser = pair.browser();
    await browser.connect();
    pair.sandbox.control.addFault({ route: 'import', status: 503, delayMs: 1500 });
    await browser.upload(large, meta, { name: 'on its way.txt' });
    // Used up as soon as its request has come.
    await eventually('the attempt', () => pair.sandbox.control.faults().faults.length === 0);
    const old = browser.twin();
    expect((await browser.post('/forget')).json).toEqual({ forgotten: true });
    expect((await old.getJson('/pushes')).json.pushes).toEqual([]);
    await emptySpool();
  });
});
