import { describe, expect, test } from '@jest/globals';
import { ledgerStage } from './ledger-stage.js';

/** `[[[…]]]`, built without recursion. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe.each(['SQLite', 'PostgreSQL'] as const)('outcomes in %s', (kind) => {
  const stage = ledgerStage(kind);

  test.each([
    ['a code, reference and message longer than any column', 'x'.repeat(40_000)],
    ['NUL and halves of characters', 'a\u0000b\ud800c\udc00'],
  ])('%s from outside are cut and kept, and the push leaves its lease', async (_what, text) => {
    const push = await stage.accept();
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    await queue.settle(push.id, {
      state: 'failed',
      attempt: { ...stage.attempt(1), code: text, message: text, reference: text },
      lastError: { code: text, message: text, reference: text },
    });
    const found = await stage.ledger.find('anna', push.id);
    expect(found?.state).toBe('failed');
    expect(found?.lastError?.code.length).toBeLessThanOrEqual(128);
    const [attempt] = await stage.ledger.attemptsOf(push.id);
    expect(attempt?.reference?.length).toBeLessThanOrEqual(256);
    expect(attempt?.code?.slice(0, 1)).toBe(text.slice(0, 1));
  });

  test('an answer nested deeper than JSON can be written is left out, and the push is delivered', async () => {
    const push = await stage.accept();
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    await queue.settle(push.id, { state: 'delivered', attempt: stage.attempt(1), response: nested(100_000) });
    expect(await stage.stateOf(push.id)).toBe('delivered');
    expect(await stage.ledger.responseOf(push.id)).toBeUndefined();
  });

  test('a push whose every attempt is interrupted waits longer each time, and is given up with its budget', async () => {
    const push = await stage.accept({ retryBudgetMs: 3_600_000 });
    const queue = stage.queueOf('a', 1);
    const waits: number[] = [];
    for (let round = 0; round < 30; round++) {
      const [claimed] = await stage.claimAll(queue);
      if (claimed === undefined) break;
      await queue.requeueAbandoned(claimed);
      const next = (await stage.ledger.find('anna', push.id))?.nextAttemptAt;
      if (next === undefined) break;
      waits.push(next - stage.now);
      stage.now = Math.max(stage.now + 1000, next);
    }
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits.at(-1)).toBeGreaterThan(60_000);
    expect(await stage.ledger.find('anna', push.id)).toMatchObject({
      state: 'failed',
      lastError: { code: 'Interrupted' },
    });
  });
});
