import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { UsedStates } from '../../../src/onboarding/pending-authorizations.js';
import type { Push } from '../../../src/push/push.js';
import { ledgerStage, tokenOf } from './ledger-stage.js';

describe.each(['SQLite', 'PostgreSQL'] as const)('the ledger in %s', (kind) => {
  const stage = ledgerStage(kind);

  test('what was accepted is there with its payload, for its visitor only, and numbers are numbers', async () => {
    const push = await stage.accept({ idempotencyKey: 'k' }, 200_000);
    expect(await stage.ledger.find('anna', push.id)).toEqual(push);
    expect(push).toMatchObject({
      size: 200_000,
      createdAt: stage.now,
      attempts: 0,
      possiblyDuplicated: false,
    });
    expect(await stage.ledger.find('bert', push.id)).toBeUndefined();
    const payload = await stage.queueOf('a').payloadOf(push.id);
    expect(readdirSync(stage.spool.folder)).toEqual([payload?.spoolName]);
    expect(await stage.ledger.storedBytes('anna')).toEqual({ ofVisitor: 200_000, inAll: 200_000 });
    expect(await stage.ledger.storedBytes('bert')).toEqual({ ofVisitor: 0, inAll: 200_000 });
  });

  test('one idempotency key makes one push, also when it comes many times at once', async () => {
    const pushes = await Promise.all(Array.from({ length: 10 }, () => stage.accept({ idempotencyKey: 'k' })));
    expect(new Set(pushes.map(({ id }) => id)).size).toBe(1);
    await expect(stage.accept({ idempotencyKey: 'k', contentHash: 'other' })).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
    expect((await stage.accept({ idempotencyKey: 'k', visitorId: 'bert' })).id).not.toBe(pushes[0]?.id);
    expect((await stage.accept()).id).not.toBe((await stage.accept()).id);
  });

  test('refuses a push whose connection is gone by now, keeps nothing of it, and fails nobody else for it', async () => {
    const [refused, kept] = await Promise.allSettled([
      stage.accept({ connectionId: randomUUID(), visitorId: 'bert' }),
      stage.accept(),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ConnectionNotFound' } });
    expect(kept.status).toBe('fulfilled');
    expect(await stage.ledger.list('bert', { limit: 10 })).toEqual([]);
    expect(await stage.ledger.storedBytes('bert')).toEqual({ ofVisitor: 0, inAll: 100 });
  });

  test('each push is claimed by one owner only, however many ask', async () => {
    for (let n = 0; n < 40; n++) await stage.accept({ visitorId: `visitor-${n % 7}` });
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) => stage.claimAll(stage.queueOf(`owner-${n}`), 5)),
    );
    const more = await stage.claimAll(stage.queueOf('last'));
    const ids = [...claims, more].flat().map(({ id }) => id);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
    expect(await stage.queueOf('late').claim(10)).toEqual([]);
  });

  test('a visitor with one push does not wait for the end of another one’s hundred', async () => {
    for (let n = 0; n < 100; n++) await stage.accept();
    stage.now += 1000;
    const later = await stage.accept({ visitorId: 'bert' });
    const first = await stage.queueOf('a').claim(4);
    expect(first.map(({ id }) => id)).toContain(later.id);
    expect(first.filter(({ visitorId }) => visitorId === 'anna').length).toBeGreaterThan(0);
  });

  test('visitors get equal shares, also where what is free at a time can not be shared evenly', async () => {
    const visitors = Array.from({ length: 5 }, (_, n) => `visitor-${n}`);
    for (const visitorId of visitors) for (let n = 0; n < 20; n++) await stage.accept({ visitorId });
    const queue = stage.queueOf('a');
    const got = new Map(visitors.map((visitorId) => [visitorId, 0]));
    for (let round = 0; round < 8; round++) {
      for (const { visitorId } of await queue.claim(7)) got.set(visitorId, (got.get(visitorId) ?? 0) + 1);
      const counts = [...got.values()];
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
    expect([...got.values()].reduce((sum, count) => sum + count)).toBe(56);
  });

  test('what is due later is not taken, and after the clock stepped back it is brought forward', async () => {
    const push = await stage.accept();
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    await queue.settle(push.id, {
      state: 'queued',
      attempt: stage.attempt(1),
      nextAttemptAt: stage.now + 5000,
    });
    expect(await queue.claim(10)).toEqual([]);
    expect(await queue.nextDueAt()).toBe(stage.now + 5000);
    stage.now -= 3_600_000;
    await queue.bringForward(60_000);
    expect(await stage.claimAll(queue)).toHaveLength(1);
  });

  test('delivered gives up the payload; who lost the lease decides nothing but that it arrived', async () => {
    const [first, second] = [await stage.accept(), await stage.accept()];
    const [mine, other] = [stage.queueOf('mine'), stage.queueOf('other')];
    await stage.claimAll(mine);
    await other.settle(first.id, { state: 'failed', attempt: stage.attempt(1) });
    expect(await stage.stateOf(first.id)).toBe('pushing');
    await other.settle(second.id, { state: 'delivered', attempt: stage.attempt(1) });
    expect(await stage.stateOf(second.id)).toBe('delivered');
    expect(await mine.payloadOf(second.id)).toBeUndefined();
    await mine.settle(second.id, { state: 'queued', attempt: stage.attempt(1), nextAttemptAt: stage.now });
    expect(await stage.stateOf(second.id)).toBe('delivered');
    expect(await mine.payloadOf(first.id)).toBeDefined();
    expect(await stage.ledger.attemptsOf(first.id)).toHaveLength(1);
  });

  test('what was forgotten while it was being sent leaves no trace when it ends', async () => {
    const push = await stage.accept({}, 100_000);
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    expect(await stage.ledger.forget('anna')).toHaveLength(1);
    await queue.settle(push.id, { state: 'delivered', attempt: stage.attempt(1) });
    expect(await stage.ledger.attemptsOf(push.id)).toEqual([]);
    expect(await stage.stateOf(push.id)).toBeUndefined();
  });

  test('a lease that ran out, and what it interrupted, comes back; one that is renewed does not', async () => {
    const push = await stage.accept();
    const queue = stage.queueOf('a', 1);
    await stage.claimAll(queue);
    stage.now += 50;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [lapsed] = await stage.queueOf('b').abandoned([]);
    expect(lapsed?.id).toBe(push.id);
    expect(await queue.abandoned([push.id])).toEqual([]);
    await stage.queueOf('b').requeueAbandoned(lapsed as Push);
    await stage.queueOf('b').requeueAbandoned(lapsed as Push);
    expect(await stage.ledger.find('anna', push.id)).toMatchObject({
      state: 'queued',
      possiblyDuplicated: true,
    });
    expect(await stage.ledger.attemptsOf(push.id)).toMatchObject([{ number: 1, code: 'Interrupted' }]);
    const holder = stage.queueOf('c');
    await stage.claimAll(holder);
    await holder.renewLeases([push.id]);
    expect(await holder.abandoned([])).toEqual([]);
  });

  test('retry, cancel and their refusals', async () => {
    const push = await stage.accept();
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    await expect(stage.ledger.cancel('anna', push.id)).rejects.toMatchObject({ code: 'PushNotCancellable' });
    await expect(stage.ledger.retry('anna', push.id, 1)).rejects.toMatchObject({ code: 'PushNotRetryable' });
    await queue.settle(push.id, {
      state: 'failed',
      attempt: stage.attempt(1),
      lastError: { code: 'X', message: '' },
    });
    await expect(stage.ledger.retry('bert', push.id, 1)).rejects.toMatchObject({ code: 'NotFound' });
    await stage.ledger.retry('anna', push.id, 1);
    expect(await stage.stateOf(push.id)).toBe('queued');
    await stage.ledger.cancel('anna', push.id);
    await stage.sweeperOf().release(push.id);
    expect(await queue.payloadOf(push.id)).toBeUndefined();
    await expect(stage.ledger.retry('anna', push.id, 1)).rejects.toMatchObject({ code: 'PushNotRetryable' });
  });

  test('connections: suspend, resume, and what waits although its connection works', async () => {
    const [queued, account] = [await stage.accept(), await stage.accept()];
    const queue = stage.queueOf('a');
    await queue.claim(1);
    await queue.claim(1);
    const error = { code: 'ServiceAuthorizationError', message: '' };
    await queue.settle(account.id, {
      state: 'needs-reauthorization',
      attempt: stage.attempt(1),
      lastError: error,
    });
    await queue.settle(queued.id, { state: 'queued', attempt: stage.attempt(1), nextAttemptAt: stage.now });
    await stage.connections().needsReauthorization(stage.connection, 0);
    expect(await queue.suspend(stage.connection)).toEqual([queued.id]);
    const cancelled = await stage.accept();
    await stage.ledger.cancel('anna', cancelled.id);
    expect(await queue.resumeReady()).toBe(0);
    expect(await stage.connections().replaceToken(stage.connection, tokenOf('new'), 0)).toBe(true);
    expect(await queue.resumeReady()).toBe(1);
    expect(await stage.stateOf(queued.id)).toBe('queued');
    expect(await stage.stateOf(account.id)).toBe('needs-reauthorization');
    expect(await queue.resume(stage.connection)).toBe(1);
  });

  test('a pair that was refreshed from an older one never takes the place of a newer one', async () => {
    const connections = stage.connections();
    const stored = async () => (await connections.loadToken(stage.connection))?.token.accessToken.value;
    expect(await connections.replaceToken(stage.connection, tokenOf('refreshed'), 0)).toBe(true);
    expect(await connections.replaceToken(stage.connection, tokenOf('late'), 0)).toBe(false);
    expect(await stored()).toBe('refreshed');
    await connections.renew(stage.connection, tokenOf('reauthorized'));
    expect(await connections.replaceToken(stage.connection, tokenOf('late'), 1)).toBe(false);
    await connections.needsReauthorization(stage.connection, 1);
    expect(await stored()).toBe('reauthorized');
    expect((await connections.get(stage.connection))?.state).toBe('active');
    const both = await Promise.all(
      ['one', 'other'].map((name) => connections.replaceToken(stage.connection, tokenOf(name), 2)),
    );
    expect(both.filter(Boolean)).toHaveLength(1);
  });

  test('tokens are sealed in the row, and one holder at a time may refresh them', async () => {
    const [row] = await stage.database('connections').select('token_sealed');
    expect(row.token_sealed).not.toContain('t-refresh');
    expect((await stage.connections().loadToken(stage.connection))?.token).toEqual(tokenOf('t'));
    const takers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((owner) =>
        stage.connections().takeRefreshLease(stage.connection, owner, 30_000),
      ),
    );
    expect(takers.filter(Boolean)).toHaveLength(1);
    stage.now += 31_000;
    expect(await stage.connections().takeRefreshLease(stage.connection, 'later', 30_000)).toBe(true);
    await stage.connections().releaseRefreshLease(stage.connection, 'somebody else');
    expect(await stage.connections().takeRefreshLease(stage.connection, 'x', 30_000)).toBe(false);
    // Stepped back by an hour: a lease that would last an hour was taken before.
    stage.now -= 3_600_000;
    expect(await stage.connections().takeRefreshLease(stage.connection, 'x', 30_000)).toBe(true);
  });

  test('a state is claimed once, however many ask at once', async () => {
    const states = new UsedStates(stage.database, stage.clock);
    const state = randomUUID();
    const claims = await Promise.allSettled(Array.from({ length: 20 }, () => states.claim(state)));
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
