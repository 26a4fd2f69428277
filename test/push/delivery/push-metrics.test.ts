import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Push } from '../../../src/push/push.js';
import { PushMetrics } from '../../../src/push/push-metrics.js';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { fileMeta } from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
let browser: Browser;
let advancedMs = 0;

beforeAll(async () => {
  pair = await startPair({ now: () => Date.now() + advancedMs });
  browser = pair.browser();
  await browser.connect();
});
afterAll(() => pair.close());

/** The value of a sample; 0 where there is none. */
const measured = async (sample: string) =>
  Number(
    (await browser.get('/metrics')).text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length) ?? 0,
  );

test('the age of the queue is that of its oldest push, and ends when that is delivered', async () => {
  expect(await measured('push_queue_age_seconds')).toBe(0);
  pair.sandbox.control.addFault({ route: 'import', times: 1000, status: 500 });
  const { json } = await browser.upload('waits', fileMeta);
  await eventually('a failed attempt', () =>
    measured('push_attempt_failures_total{code="InternalServerError"}'),
  );
  // Less than the 300 s by which a request that is just on its way may be old.
  advancedMs += 200_000;
  expect(await measured('push_queue_age_seconds')).toBeGreaterThanOrEqual(200);
  expect(await measured('push_delivery_seconds_count{type="library"}')).toBe(0);

  pair.sandbox.control.clearFaults();
  await browser.waitForState(json.id, ['delivered']);
  expect(await measured('push_queue_age_seconds')).toBe(0);
  await eventually('the delivery is measured', () => measured('push_delivery_seconds_count{type="library"}'));
  expect(await measured('push_delivery_seconds_sum{type="library"}')).toBeGreaterThanOrEqual(200);
  expect(await measured('push_delivery_seconds_bucket{le="60",type="library"}')).toBe(0);
});

test('requests that are refused are counted by the code of the error', async () => {
  await browser.getJson('/pushes/none');
  await browser.get('/no-such-page');
  await browser.upload('no description', 'not JSON');
  expect(await measured('refusals_total{code="NotFound"}')).toBe(2);
  expect(await measured('refusals_total{code="FileMetaInvalid"}')).toBe(1);
});

test('codes that somebody else makes up do not become labels without end', async () => {
  const registry = new Registry();
  const metrics = new PushMetrics(registry, {
    countByState: async () => ({}),
    oldestUnsentAt: async () => undefined,
    uploadsInProgress: () => 0,
    attemptsInProgress: () => 0,
    platformIsAway: () => false,
    now: () => 0,
  });
  const fail = (code: string) =>
    metrics.attemptSettled({ type: 'library', createdAt: 0 } as Push, 'queued', {
      number: 1,
      startedAt: 0,
      code,
    });
  for (let number = 0; number < 200; number++) fail(`Code${number}`);
  fail('with "quotes" and\nlines');
  fail('Code1');
  const lines = (await registry.metrics()).split('\n').filter((line) => line.includes('{code='));
  expect(lines).toHaveLength(51);
  expect(lines).toContain('push_attempt_failures_total{code="Code1"} 2');
  expect(lines).toContain('push_attempt_failures_total{code="other"} 151');
});
