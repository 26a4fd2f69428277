import { describe, expect, test } from '@jest/globals';
import { MemoryJourneys, Recorder, type Step } from '../../src/inspector/index.js';
import { exchangeOf } from './example-exchanges.js';

const exchange = () => exchangeOf('readAccounts', { method: 'GET', path: 'permission-access/accounts' });
const watcher = (more: Partial<Parameters<Recorder['subscribe']>[2]> = {}) => ({
  ...{ onStep: () => {}, onNewJourney: () => {}, onClose: () => {} },
  ...more,
});
const start = { id: '', count: 0 };
const lengthsOf = (recorder: Recorder, visitors: string[]) =>
  Promise.all(visitors.map(async (id) => (await recorder.journeyOf(id)).steps.length));
const small = { stepsPerVisitor: 3, visitors: 2, bytes: 1_000_000 };

describe('the recorder', () => {
  test('keeps a reference to what it was given and makes nothing of it', async () => {
    const recorder = new Recorder(() => 1);
    const given = Object.freeze(exchange());
    recorder.hooksOf('me').onExchange(given);
    const [step] = (await recorder.journeyOf('me')).steps;
    expect(step?.kind === 'exchange' && step.exchange).toBe(given);
  });

  test('keeps the newest steps of a visitor and goes on counting', async () => {
    const recorder = new Recorder(() => 1, { journeys: new MemoryJourneys(small) });
    for (let count = 0; count < 5; count++) recorder.browserStep('me', 'connected', { count });
    expect((await recorder.journeyOf('me')).steps.map(({ number }) => number)).toEqual([3, 4, 5]);
    expect((await recorder.journeyOf('me')).count).toBe(5);
  });

  test('drops the visitor not heard of for longest, but none whom somebody watches', async () => {
    const recorder = new Recorder(() => 1, { journeys: new MemoryJourneys(small) });
    recorder.browserStep('watched', 'connected');
    recorder.subscribe('watched', start, watcher());
    recorder.browserStep('old', 'connected');
    recorder.browserStep('new', 'connected');
    expect(await lengthsOf(recorder, ['watched', 'old', 'new'])).toEqual([1, 0, 1]);
  });

  test('drops others when the answers that it holds grow too many', async () => {
    const recorder = new Recorder(() => 1, {
      journeys: new MemoryJourneys({ ...small, visitors: 99, bytes: 150_000 }),
    });
    const large = exchangeOf('readAccounts', { method: 'GET', path: 'x' }, { body: [], bodyBytes: 60_000 });
    for (const id of ['a', 'b', 'c']) recorder.hooksOf(id).onExchange(large);
    expect(await lengthsOf(recorder, ['a', 'b', 'c'])).toEqual([0, 1, 1]);
    await recorder.clear('b');
    for (const id of ['d']) recorder.hooksOf(id).onExchange(large);
    expect(await lengthsOf(recorder, ['c', 'd'])).toEqual([1, 1]);
  });

  test('tells who watches of this visitor’s steps only, until they stop', async () => {
    const recorder = new Recorder(() => 1);
    const seen: Step[] = [];
    const stop = recorder.subscribe('me', start, watcher({ onStep: (step) => seen.push(step) }));
    recorder.browserStep('me', 'connected');
    recorder.browserStep('other', 'connected');
    stop();
    recorder.browserStep('me', 'connected');
    expect(seen).toEqual([(await recorder.journeyOf('me')).steps[0]]);
  });

  test('forgets a visitor: nothing is left, and who watches hears of it', async () => {
    const recorder = new Recorder(() => 1);
    recorder.browserStep('me', 'connected');
    const { id } = await recorder.journeyOf('me');
    let news = 0;
    recorder.subscribe('me', start, watcher({ onNewJourney: () => news++ }));
    await recorder.clear('me');
    expect([(await recorder.journeyOf('me')).steps, (await recorder.journeyOf('me')).count, news]).toEqual([
      [],
      0,
      1,
    ]);
    recorder.browserStep('me', 'connected');
    expect((await recorder.journeyOf('me')).id).not.toBe(id);
  });

  test('tells who comes to watch too late that it has closed', async () => {
    const recorder = new Recorder(() => 1);
    let closed = 0;
    recorder.subscribe('me', start, watcher({ onClose: () => closed++ }));
    await recorder.close();
    recorder.subscribe('me', start, watcher({ onClose: () => closed++ }));
    expect(closed).toBe(2);
  });
});
