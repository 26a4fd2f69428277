import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Connections } from '../../../src/connections/index.js';
import { Ledger, type NewPush } from '../../../src/push/ledger/ledger.js';
import { PayloadSweeper } from '../../../src/push/ledger/payload-sweeper.js';
import { WorkQueue } from '../../../src/push/ledger/work-queue.js';
import type { Push } from '../../../src/push/push.js';
import { createSealer, type Database, openDatabase, Spool } from '../../../src/storage/index.js';
import { createLogger } from '../../../src/web/index.js';
import { type Postgres, startPostgres } from '../../support/postgres.js';

export type Kind = 'SQLite' | 'PostgreSQL';

export const leaseMs = 60_000;
const sealer = createSealer('a secret of thirty-two characters');

export const tokenOf = (value: string) => ({
  accessToken: { value, expiry: 1 },
  refreshToken: { value: `${value}-refresh`, expiry: 2 },
  user: { id: 'person' },
});

/** A new, empty ledger for each test: with one connection of the visitor `anna`, and a clock that tests set. */
export class LedgerStage {
  now = Date.now();
  /** What clocks say that are never set. */
  uptime = 0;
  database!: Database;
  ledger!: Ledger;
  spool!: Spool;
  connection = '';
  readonly clock = () => this.now;

  queueOf(owner: string, lease = leaseMs): WorkQueue {
    return new WorkQueue(this.database, sealer, owner, lease, this.clock);
  }

  sweeperOf(retentionMs = 1000): PayloadSweeper {
    return new PayloadSweeper(
      this.database,
      this.spool,
      retentionMs,
      createLogger('silent'),
      this.clock,
      () => this.uptime,
    );
  }

  connections(): Connections {
    return new Connections(this.database, sealer, 'https://digi.me/', this.clock, 90 * 86_400_000);
  }

  async open(folder: string, databaseUrl: string | undefined): Promise<void> {
    this.database = await openDatabase({ dataDir: folder, databaseUrl });
    this.now = Date.now();
    this.ledger = new Ledger(this.database, sealer, this.clock);
    this.spool = new Spool(folder);
    const connection = { visitorId: 'anna', type: 'library', contractId: 'c', token: tokenOf('t') } as const;
    this.connection = (await this.connections().add(connection)).id;
  }

  async accept(changes: Partial<NewPush> = {}, size = 100): Promise<Push> {
    const { push } = await this.ledger.accept({
      visitorId: 'anna',
      connectionId: this.connection,
      type: 'library',
      fileName: 'a.bin',
      payload: await this.store(size),
      contentHash: 'hash',
      state: 'queued',
      retryBudgetMs: 1_000_000,
      ...changes,
    });
    return push;
  }

  /** Stores a payload that no row knows yet. */
  async store(size: number) {
    return this.spool.createWriter(10_000_000).store([randomBytes(size)]);
  }

  async claimAll(queue: WorkQueue, limit = 100): Promise<Push[]> {
    const all: Push[] = [];
    for (;;) {
      const some = await queue.claim(limit - all.length);
      all.push(...some);
      if (some.length === 0 || all.length >= limit) return all;
    }
  }

  async stateOf(id: string): Promise<string | undefined> {
    return (await this.ledger.find('anna', id))?.state;
  }

  attempt(number: number) {
    return { number, startedAt: this.now, durationMs: 5 };
  }
}

/** Sets the stage before each test of the surrounding block, on the database that `kind` names. */
export function ledgerStage(kind: Kind): LedgerStage {
  const stage = new LedgerStage();
  let postgres: Postgres | undefined;
  let folder = '';
  beforeAll(async () => {
    if (kind === 'PostgreSQL') postgres = await startPostgres();
  }, 180_000);
  afterAll(() => postgres?.remove());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    await stage.open(folder, await postgres?.newDatabase());
  });
  afterEach(async () => {
    await stage.database.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  return stage;
}
