import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Pair, startPair } from '../support/start-pair.js';

const hourMs = 3_600_000;
let pair: Pair;
let browser: Browser;
let stepMs = 0;
afterEach(() => pair.close());

/** Leases are looked at every third of a second here, so that a step meets several looks. */
async function start(options: { sandboxToo: boolean; env?: Record<string, string> }): Promise<void> {
  stepMs = 0;
  const now = () => Date.now() + stepMs;
  pair = await startPair({
    now,
    env: { PUSH_LEASE_SECONDS: '1', ...options.env },
    sandbox: { accessTokenSeconds: 100_000, ...(!options.sandboxToo && { now: Date.now }) },
  });
  browser = pair.browser();
  await browser.connect();
  pair.sandbox.control.clearRequests();
}

const routes = () => pair.sandbox.control.requests().requests.map(({ route }) => route);
const counts = () => pair.sandbox.control.library().files.map(({ count }) => count);

test.each([
  ['forth', hourMs],
  ['back', -hourMs],
])(
  'a step of an hour %s while pushes are under way loses no lease and sends nothing twice',
  async (_way, by) => {
    await start({ sandboxToo: false });
    pair.sandbox.control.addFault({ route: 'import', times: 6, delayMs: 1500 });
    const ids: string[] = [];
    for (let n = 0; n < 6; n++)
      ids.push((await browser.upload(randomBytes(n % 2 ? 100 : 100_000), fileMeta)).json.id);
    await eventually('six under way', routes, (seen) => seen.length === 6);
    stepMs = by;
    for (const id of ids) {
      const push = await browser.waitForState(id, ['delivered']);
      expect(push).toMatchObject({ attemptCount: 1, possiblyDuplicated: false });
    }
    expect(counts()).toEqual(ids.map(() => 1));
    expect(routes()).toEqual(ids.map(() => 'import'));
  },
);

test.each([
  ['forth', hourMs],
  ['back', -hourMs],
])('a push that waits for its next attempt goes on soon after a step of an hour %s', async (_way, by) => {
  await start({ sandboxToo: true, env: { PUSH_BACKOFF_BASE_MS: '5000', PUSH_BACKOFF_CAP_MS: '5000' } });
  pair.sandbox.control.addFault({ route: 'import', status: 503 });
  const { json } = await browser.upload(randomBytes(100), fileMeta);
  await eventually(
    'the first attempt',
    async () => (await browser.getJson(`/pushes/${json.id}`)).json.attempts,
    (attempts) => attempts.length === 1,
  );
  stepMs = by;
  await browser.waitForState(json.id, ['delivered']);
  expect(routes()).toEqual(['import', 'import']);
});

test('an app whose clock is an hour wrong is refused, but refreshes nothing; set right, the push goes on', async () => {
  await start({ sandboxToo: false });
  stepMs = hourMs;
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push((await browser.upload(randomBytes(100), fileMeta)).json.id);
  for (const id of ids) await browser.waitForState(id, ['failed']);
  await sleep(500);
  expect(routes()).toEqual(ids.map(() => 'import'));
  stepMs = 0;
  for (const id of ids) {
    await browser.post(`/pushes/${id}/retry`);
    await browser.waitForState(id, ['delivered']);
  }
  expect(counts()).toEqual(ids.map(() => 1));
});
