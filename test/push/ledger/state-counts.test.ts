import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { StateCounts } from '../../../src/push/ledger/state-counts.js';
import type { PushState } from '../../../src/push/push.js';
import { type Kind, ledgerStage } from './ledger-stage.js';

const hourMs = 60 * 60_000;

describe.each<Kind>(['SQLite', 'PostgreSQL'])('how many pushes are in each state in %s', (kind) => {
  const stage = ledgerStage(kind);
  let counts: StateCounts;
  let uptime: number;
  beforeEach(() => {
    uptime = 0;
    counts = new StateCounts(stage.database, stage.clock, () => uptime);
  });

  /** Rows as a year leaves them, made by the database itself: changed last at `at`, each next one `apartMs` later. */
  async function add(state: PushState, count: number, at: number, apartMs = 0): Promise<void> {
    const type = kind === 'PostgreSQL' ? '::bigint' : '';
    await stage.database.raw(
      `insert into pushes (id, visitor_id, connection_id, type, state, file_name, size, sha256, content_hash, give_up_at, created_at, updated_at)
       with recursive numbers(n) as (select 0${type} union all select n + 1 from numbers where n + 1 < ${count})
       select '${randomUUID().slice(0, 20)}' || n, 'anna', 'c', 'library', '${state}', 'f', 1, 's', 'h', 0, 0, ${at} + n * ${apartMs} from numbers`,
    );
  }

  const none = {
    ...{ queued: 0, pushing: 0, 'needs-reauthorization': 0 },
    ...{ delivered: 0, failed: 0, cancelled: 0 },
  };

  test('is known of every state, before and after each change', async () => {
    expect(await counts.current()).toEqual(none);
    await add('needs-reauthorization', 2, stage.now);
    await add('failed', 3, stage.now);
    const pushes = [await stage.accept(), await stage.accept(), await stage.accept()];
    expect(await counts.current()).toEqual({ ...none, queued: 3, 'needs-reauthorization': 2, failed: 3 });
    const queue = stage.queueOf('a');
    await stage.claimAll(queue, 2);
    expect(await counts.current()).toMatchObject({ queued: 1, pushing: 2 });
    for (const { id, state } of await stage.ledger.list('anna', { limit: 10 }))
      if (state === 'pushing') await queue.settle(id, { state: 'delivered', attempt: stage.attempt(1) });
    for (const { id } of pushes)
      if ((await stage.stateOf(id)) === 'queued') await stage.ledger.cancel('anna', id);
    expect(await counts.current()).toMatchObject({ queued: 0, pushing: 0, delivered: 2, cancelled: 1 });
  });

  test('of a long history every push is counted once, whatever became of it between two looks', async () => {
    // More than one step of the count, and more of one moment than a step holds.
    await add('delivered', 21_000, stage.now - 3 * hourMs, 1);
    await add('delivered', 21_000, stage.now - 2 * hourMs);
    expect(await counts.current()).toMatchObject({ delivered: 42_000 });
    for (let look = 1; look <= 5; look++) {
      await add('delivered', 10, stage.now - 10_000, 1000);
      await add('cancelled', 1, stage.now);
      expect(await counts.current()).toMatchObject({ delivered: 42_000 + 10 * look, cancelled: look });
      stage.now += 40_000;
    }
    const [one, two] = await Promise.all([counts.current(), counts.current()]);
    expect([one.delivered, two]).toEqual([42_050, one]);
  });

  test('what was deleted is noticed within the hour, and a clock that was set back at once', async () => {
    await add('delivered', 5, stage.now - hourMs);
    await add('failed', 5, stage.now - hourMs);
    expect(await counts.current()).toMatchObject({ delivered: 5, failed: 5 });
    await stage.ledger.forget('anna');
    expect(await counts.current()).toMatchObject({ failed: 0 });
    uptime += hourMs;
    expect(await counts.current()).toEqual(none);
    stage.now -= 2 * hourMs;
    await add('delivered', 4, stage.now);
    expect(await counts.current()).toMatchObject({ delivered: 4 });
  });
});
