import { afterEach, describe, expect, test } from '@jest/globals';
import { ServerError } from '../../../src/digime/index.js';
import { PlatformCircuit } from '../../../src/push/delivery/platform-circuit.js';
import { eventually } from '../../support/eventually.js';
import { fileMeta } from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

const failure = (statusCode: number, retryAfterMs?: number) =>
  Object.assign(Object.create(ServerError.prototype), {
    error: {
      code: statusCode === 0 ? 'ConnectionFailed' : 'ServerFailed',
      message: '',
      reference: '',
      statusCode,
    },
    retryAfterMs,
  }) as ServerError;

describe('the circuit', () => {
  let now = 0;
  const make = () =>
    new PlatformCircuit({
      backoffBaseMs: 1000,
      backoffCapMs: 900_000,
      concurrency: 16,
      clock: () => now,
      random: () => 0.5,
    });

  test('stays closed for single failures, opens after five in a row, and lets one probe through at a time', () => {
    const circuit = make();
    for (let time = 0; time < 20; time++) {
      circuit.failed(failure(0), 'library');
      if (time % 4 === 3) circuit.succeeded();
    }
    expect([circuit.allowed, circuit.isAway]).toEqual([16, false]);
    for (let time = 0; time < 16; time++) circuit.failed(failure(502), 'library');
    expect([circuit.allowed, circuit.isAway, circuit.waitMs]).toEqual([0, true, 25_000]);
    for (let probe = 0; probe < 3; probe++) {
      now += circuit.waitMs;
      expect(circuit.allowed).toBe(1);
      circuit.failed(failure(0), 'library');
      expect(circuit.allowed).toBe(0);
    }
  });

  test('goes back to work in steps: one, two, four, and so on', () => {
    const circuit = make();
    for (let time = 0; time < 5; time++) circuit.failed(failure(0), 'provider');
    now += circuit.waitMs;
    const steps = [circuit.allowed];
    for (let success = 0; success < 6; success++) {
      circuit.succeeded();
      steps.push(circuit.allowed);
    }
    expect(steps).toEqual([1, 2, 4, 8, 16, 16, 16]);
    expect(circuit.isAway).toBe(false);
  });

  test('honours 429 and 503 with Retry-After for all pushes, up to the cap', () => {
    const circuit = make();
    circuit.failed(failure(429, 120_000), 'provider');
    expect([circuit.allowed, circuit.waitMs]).toEqual([0, 120_000]);
    circuit.failed(failure(503, 86_400_000), 'library');
    expect(circuit.waitMs).toBe(900_000);
  });

  test('is not opened by refusals, nor by what a provider behind the platform answers', () => {
    const circuit = make();
    for (let time = 0; time < 50; time++) {
      circuit.failed(failure(400), 'library');
      circuit.failed(failure(502), 'provider');
      circuit.failed(failure(503, 1000), 'provider');
      circuit.failed(new Error('the disk'), 'library');
    }
    expect([circuit.allowed, circuit.isAway]).toEqual([16, false]);
  });
});

describe('with many pushes waiting', () => {
  let pair: Pair;
  afterEach(() => pair.close());

  test('a platform that resets every connection gets few requests, and everything once when it is back', async () => {
    pair = await startPair({ env: { PUSH_BACKOFF_BASE_MS: '200', PUSH_BACKOFF_CAP_MS: '10000' } });
    const browser = pair.browser();
    await browser.connect();
    pair.sandbox.control.addFault({ route: 'import', times: 10_000, behaviour: 'reset' });
    const ids: string[] = [];
    for (let number = 0; number < 60; number++) {
      const { json } = await browser.upload(`file ${number}`, fileMeta);
      ids.push(json.id);
    }
    await eventually('the circuit', () => pair.app.pushService.circuit.isAway);
    const view = (await browser.getJson(`/pushes/${ids.at(-1)}`)).json;
    expect(view).toMatchObject({ state: 'queued', platformIsAway: true });
    const page = await browser.get(`/pushes/${ids.at(-1)}`, { accept: 'text/html' });
    expect(page.text).toContain('digi.me is not answering');
    expect((await browser.get('/metrics')).text).toContain('platform_away 1');
    // 16 under way at first, then probes, one every four seconds at most.
    const { requests } = pair.sandbox.control.requests();
    expect(requests.filter(({ route }) => route === 'import').length).toBeLessThan(60);
    pair.sandbox.control.clearFaults();
    for (const id of ids) await browser.waitForState(id, ['delivered']);
    expect(pair.sandbox.control.library().files.every(({ count }) => count === 1)).toBe(true);
    expect(pair.app.pushService.circuit.isAway).toBe(false);
  }, 300_000);
});
