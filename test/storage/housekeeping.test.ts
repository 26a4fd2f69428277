import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Push } from '../../src/push/push.js';
import { ledgerStage } from '../push/ledger/ledger-stage.js';

describe.each(['SQLite', 'PostgreSQL'] as const)('housekeeping with the ledger in %s', (kind) => {
  const stage = ledgerStage(kind);

  const fail = async (push: Push) => {
    const queue = stage.queueOf('a');
    await stage.claimAll(queue);
    await queue.settle(push.id, { state: 'failed', attempt: stage.attempt(1) });
  };

  test('gives up payloads of failed pushes after their time, and they count against no quota', async () => {
    const push = await stage.accept({}, 100_000);
    await fail(push);
    const sweeper = stage.sweeperOf(1000);
    await sweeper.start();
    expect(readdirSync(stage.spool.folder)).toHaveLength(1);
    stage.now += 1001;
    await sweeper.start();
    sweeper.stop();
    expect(readdirSync(stage.spool.folder)).toEqual([]);
    expect(await stage.stateOf(push.id)).toBe('failed');
    expect(await stage.ledger.storedBytes('anna')).toEqual({ ofVisitor: 0, inAll: 0 });
  });

  // PostgreSQL runs the two side by side: there the attempt finds the payload missing and says so.
  if (kind === 'SQLite')
    test('never the payload of one that is tried again at the same moment', async () => {
      const push = await stage.accept({}, 100_000);
      await fail(push);
      stage.now += 10_000;
      let retried: Promise<void> | undefined;
      // Between the look for what is over and its removal.
      stage.database.on('query-response', (_rows: unknown, { sql }: { sql: string }) => {
        if (/^select `id`, `state`, `updated_at` from `pushes` where `id` in/.test(sql))
          retried ??= stage.ledger.retry('anna', push.id, 1);
      });
      await stage.sweeperOf(1000).start();
      await retried;
      expect(await stage.stateOf(push.id)).toBe('queued');
      expect(readdirSync(stage.spool.folder)).toHaveLength(1);
      expect(await stage.queueOf('a').payloadOf(push.id)).toBeDefined();
    });

  test('removes what no push knows; among several processes only what is old', async () => {
    const kept = await stage.accept({}, 100_000);
    const { spoolName = '' } = (await stage.queueOf('a').payloadOf(kept.id)) ?? {};
    await stage.store(100_000);
    const sweeper = stage.sweeperOf();
    await sweeper.start();
    sweeper.stop();
    const left = readdirSync(stage.spool.folder);
    expect(left).toContain(spoolName);
    // Another process on the same database may be about to commit it.
    expect(left).toHaveLength(kind === 'SQLite' ? 1 : 2);
    // Half an hour later nobody has written to it: no upload is that slow.
    stage.uptime += 31 * 60_000;
    await sweeper.start();
    sweeper.stop();
    expect(readdirSync(stage.spool.folder)).toEqual([spoolName]);
  });

  test('an upload under way is left alone for as long as it is written to, whatever the clocks say', async () => {
    const sweeper = stage.sweeperOf();
    await sweeper.start();
    const slow = join(stage.spool.folder, 'slow.part');
    // Put there by another process, since nothing is received here yet; its clock may be hours off.
    if (kind === 'SQLite') return sweeper.stop();
    for (let written = 1; written < 5; written++) {
      writeFileSync(slow, Buffer.alloc(written * 1000));
      utimesSync(slow, 1000 + written, 1000 + written);
      await sweeper.start();
      stage.uptime += 31 * 60_000;
      expect(readdirSync(stage.spool.folder)).toEqual(['slow.part']);
    }
    await sweeper.start();
    sweeper.stop();
    expect(readdirSync(stage.spool.folder)).toEqual([]);
  });

  test('a file whose commit is in doubt goes only when the ledger does not know it', async () => {
    const push = await stage.accept({}, 100_000);
    const { spoolName = '' } = (await stage.queueOf('a').payloadOf(push.id)) ?? {};
    const sweeper = stage.sweeperOf();
    await sweeper.discardUnlessKnown(spoolName);
    await sweeper.start();
    sweeper.stop();
    expect(readdirSync(stage.spool.folder)).toEqual([spoolName]);
  });
});
