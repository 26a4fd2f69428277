import { randomUUID } from 'node:crypto';
import type { Config } from '../config/index.js';
import type { ConnectionCalls, Connections } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';
import type { Recorder } from '../inspector/index.js';
import type { Database, Sealer, Spool } from '../storage/index.js';
import type { Logger } from '../web/index.js';
import { Dispatcher } from './delivery/dispatcher.js';
import { UploadGuard } from './intake/upload-guard.js';
import { Ledger } from './ledger/ledger.js';
import { PayloadKeeper } from './ledger/payload-keeper.js';
import { PushEvents } from './ledger/push-events.js';
import { WorkQueue } from './ledger/work-queue.js';
import type { PushParts } from './parts.js';

export interface PushServiceOptions {
  config: Pick<Config, 'uploads' | 'dispatch'>;
  database: Database;
  sealer: Sealer;
  spool: Spool;
  sdk: DigiMe;
  connections: Connections;
  calls: ConnectionCalls;
  recorder: Recorder;
  log: Logger;
  now: () => number;
}

/** Intake, ledger and dispatcher put together; started and stopped as one. */
export interface PushService extends PushParts {
  start(): Promise<void>;
  /** Refuses new uploads from now on. */
  refuseUploads(): void;
  /** Waits for uploads and attempts that are under way, for at most `withinMs`; the rest goes back into the queue. */
  stop(withinMs: number): Promise<void>;
}

export function createPushService(options: PushServiceOptions): PushService {
  const { config, database, sealer, spool, connections, calls, recorder, log, now } = options;
  const ledger = new Ledger(database, sealer, now);
  const queue = new WorkQueue(database, sealer, randomUUID(), config.dispatch.leaseMs, now);
  const events = new PushEvents();
  const keeper = new PayloadKeeper(database, spool, config.dispatch.failedRetentionMs, log, now);
  const guard = new UploadGuard(config.uploads, ledger, spool);
  const dispatcher = new Dispatcher({
    queue,
    connections,
    events,
    settings: config.dispatch,
    log,
    now,
    sdk: options.sdk,
    calls,
    spool,
    recorder,
  });
  return {
    ...{ connections, ledger, dispatcher, events, keeper, guard, spool, recorder, queue, log, now },
    uploads: config.uploads,
    dispatch: config.dispatch,
    start: async () => {
      await keeper.start();
      await dispatcher.start();
    },
    refuseUploads: () => guard.close(),
    stop: async (withinMs) => {
      guard.close();
      events.close();
      keeper.stop();
      await dispatcher.stop(withinMs);
    },
  };
}
