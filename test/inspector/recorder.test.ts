import { describe, expect, test } from '@jest/globals';
import { Recorder, type Step } from '../../src/inspector/index.js';
import { exchangeOf } from './example-exchanges.js';

const exchange = () => exchangeOf('readAccounts', { method: 'GET', path: 'permission-access/accounts' });
const watcher = (more: Partial<Parameters<Recorder['subscribe']>[1]> = {}) => ({
  ...{ onStep: () => {}, onNewJourney: () => {}, onClose: () => {} },
  ...more,
});
const small = { stepsPerVisitor: 3, visitors: 2, bytes: 1_000_000 };

describe('the recorder', () => {
  test('keeps a reference to what it was given and makes nothing of it', () => {
    const recorder = new Recorder(() => 1);
    const given = Object.freeze(exchange());
    recorder.hooksOf('me').onExchange(given);
    const [step] = recorder.journeyOf('me').steps;
    expect(step?.kind === 'exchange' && step.exchange).toBe(given);
  });

  test('keeps the newest steps of a visitor and goes on counting', () => {
    const recorder = new Recorder(() => 1, { limits: small });
    for (let count = 0; count < 5; count++) recorder.browserStep('me', 'connected', { count });
    expect(recorder.journeyOf('me').steps.map(({ number }) => number)).toEqual([3, 4, 5]);
    expect(recorder.journeyOf('me').count).toBe(5);
  });

  test('drops the visitor not heard of for longest, but none whom somebody watches', () => {
    const recorder = new Recorder(() => 1, { limits: small });
    recorder.browserStep('watched', 'connected');
    recorder.subscribe('watched', watcher());
    recorder.browserStep('old', 'connected');
    recorder.browserStep('new', 'connected');
    expect(['watched', 'old', 'new'].map((id) => recorder.journeyOf(id).steps.length)).toEqual([1, 0, 1]);
  });

  test('drops others when the answers that it holds grow too many', () => {
    const recorder = new Recorder(() => 1, { limits: { ...small, visitors: 99, bytes: 150_000 } });
    const large = exchangeOf('readAccounts', { method: 'GET', path: 'x' }, { body: [], bodyBytes: 60_000 });
    for (const id of ['a', 'b', 'c']) recorder.hooksOf(id).onExchange(large);
    expect(['a', 'b', 'c'].map((id) => recorder.journeyOf(id).steps.length)).toEqual([0, 1, 1]);
    recorder.clear('b');
    for (const id of ['d']) recorder.hooksOf(id).onExchange(large);
    expect(['c', 'd'].map((id) => recorder.journeyOf(id).steps.length)).toEqual([1, 1]);
  });

  test('tells who watches of this visitor’s steps only, until they stop', () => {
    const recorder = new Recorder(() => 1);
    const seen: Step[] = [];
    const stop = recorder.subscribe('me', watcher({ onStep: (step) => seen.push(step) }));
    recorder.browserStep('me', 'connected');
    recorder.browserStep('other', 'connected');
    stop();
    recorder.browserStep('me', 'connected');
    expect(seen).toEqual([recorder.journeyOf('me').steps[0]]);
  });

  test('forgets a visitor: nothing is left, and who watches hears of it', () => {
    const recorder = new Recorder(() => 1);
    recorder.browserStep('me', 'connected');
    const { id } = recorder.journeyOf('me');
    let news = 0;
    recorder.subscribe('me', watcher({ onNewJourney: () => news++ }));
    recorder.clear('me');
    expect([recorder.journeyOf('me').steps, recorder.journeyOf('me').count, news]).toEqual([[], 0, 1]);
    recorder.browserStep('me', 'connected');
    expect(recorder.journeyOf('me').id).not.toBe(id);
  });

  test('tells who comes to watch too late that it has closed', () => {
    const recorder = new Recorder(() => 1);
    let closed = 0;
    recorder.subscribe('me', watcher({ onClose: () => closed++ }));
    recorder.close();
    recorder.subscribe('me', watcher({ onClose: () => closed++ }));
    expect(closed).toBe(2);
  });
});
