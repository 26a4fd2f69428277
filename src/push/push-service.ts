import { randomUUID } from 'node:crypto';
import type { Router } from 'express';
import type { Registry } from 'prom-client';
import type { Config, Contracts } from '../config/index.js';
import type { ConnectionCalls, Connections } from '../connections/index.js';
import type { DigiMe, ExchangeHook } from '../digime/index.js';
import type { Recorder } from '../inspector/index.js';
import { type Database, isShared, type PayloadStore, type Sealer, type Signals } from '../storage/index.js';
import type { Tracing } from '../tracing/index.js';
import { type EventStreams, type Logger, type RateLimits, routerOnDemand } from '../web/index.js';
import { AttemptProgress } from './delivery/attempt-progress.js';
import { Deliverer } from './delivery/deliver.js';
import { Dispatcher } from './delivery/dispatcher.js';
import { AttemptMaker } from './delivery/make-attempt.js';
import { PlatformCircuit } from './delivery/platform-circuit.js';
import { RecentPayloads } from './delivery/recent-payloads.js';
import { DirectSender } from './delivery/sender.js';
import { ThreadedSender } from './delivery/threaded-sender.js';
import { LibraryIntake } from './intake/library-intake.js';
import { PushIntake } from './intake/push-intake.js';
import { UploadGuard } from './intake/upload-guard.js';
import { Ledger } from './ledger/ledger.js';
import { PayloadSweeper } from './ledger/payload-sweeper.js';
import { PushEvents } from './ledger/push-events.js';
import { PushRetention } from './ledger/push-retention.js';
import { StateCounts } from './ledger/state-counts.js';
import { UploadRecords } from './ledger/upload-records.js';
import { WorkQueue } from './ledger/work-queue.js';
import { pushRouter } from './pages/router.js';
import { PushMetrics } from './push-metrics.js';

/** What the push service is made from; it hands on to each of its parts what that part uses. */
export interface PushServiceOptions {
  config: Pick<Config, 'uploads' | 'dispatch' | 'retention' | 'dataDir' | 'payloadBucket'>;
  limits: RateLimits;
  /** Where the numbers about pushes are registered. */
  registry: Registry;
  tracing: Tracing;
  database: Database;
  sealer: Sealer;
  spool: PayloadStore;
  signals: Signals;
  sdk: DigiMe;
  /** What `sdk` was made with: pushes are sent from another thread as well, by a client of its own. */
  platform: { readonly applicationId: string; readonly baseUrl: string };
  onExchange: ExchangeHook | undefined;
  contracts: Contracts;
  connections: Connections;
  calls: ConnectionCalls;
  recorder: Recorder;
  streams: EventStreams;
  log: Logger;
  now: () => number;
}

/** Intake, ledger and delivery put together; started and stopped as one. */
export interface PushService {
  readonly ledger: Ledger;
  readonly queue: WorkQueue;
  readonly dispatcher: Dispatcher;
  readonly events: PushEvents;
  readonly sweeper: PayloadSweeper;
  readonly retention: PushRetention;
  readonly guard: UploadGuard;
  readonly circuit: PlatformCircuit;
  readonly spool: PayloadStore;
  /** The routes for files and those for bundles. */
  readonly routers: readonly Router[];
  start(): Promise<void>;
  /** Refuses new uploads from now on. */
  refuseUploads(): void;
  /** Waits for uploads and attempts that are under way, for at most `withinMs`; the rest goes back into the queue. */
  stop(withinMs: number): Promise<void>;
}

/** Makes the push service; nothing happens before `start`. */
export function createPushService(options: PushServiceOptions): PushService {
  const {
    config,
    database,
    sealer,
    spool,
    signals,
    sdk,
    platform,
    onExchange,
    contracts,
    connections,
    calls,
    recorder,
    streams,
    limits,
    registry,
    tracing,
    log,
    now,
  } = options;
  const { maxUploadBytes } = config.uploads;
  const { retryBudgetMs } = config.dispatch;
  const ledger = new Ledger(database, sealer, now);
  const queue = new WorkQueue(database, sealer, randomUUID(), config.dispatch.leaseMs, now);
  const events = new PushEvents(ledger, signals);
  const sweeper = new PayloadSweeper(database, spool, config.dispatch.failedRetentionMs, log, now);
  const retention = new PushRetention(database, sweeper, config.retention, now);
  const guard = new UploadGuard(config.uploads, ledger, spool);
  const progress = new AttemptProgress(signals);
  const direct = new DirectSender(sdk, spool);
  const sender = new ThreadedSender({
    direct,
    settings: {
      ...platform,
      pushTimeoutMs: config.dispatch.pushTimeoutMs,
      dataDir: config.payloadBucket === undefined ? config.dataDir : undefined,
    },
    onExchange,
    onLost: (err) => log.warn({ err }, 'the thread that sends pushes ended'),
  });
  const deliverer = new Deliverer({ calls, sender, direct, progress });
  const circuit = new PlatformCircuit(config.dispatch);
  const counts = new StateCounts(database, now);
  const metrics = new PushMetrics(registry, {
    countByState: () => counts.current(),
    oldestUnsentAt: () => queue.oldestUnsentAt(),
    uploadsInProgress: () => guard.inProgress,
    attemptsInProgress: () => dispatcher.inProgress,
    platformIsAway: () => circuit.isAway,
    now,
  });
  const recent = new RecentPayloads();
  const attempts = new AttemptMaker({
    ...{ deliverer, circuit, queue, connections, events, spool, recorder, metrics, tracing, log, now },
    settings: config.dispatch,
  });
  const dispatcher = new Dispatcher({
    ...{ queue, attempts, recent, circuit, events, signals, log, now },
    settings: config.dispatch,
  });
  const intake = new PushIntake({
    ...{ ledger, queue, dispatcher, recent, sweeper, recorder, tracing, retryBudgetMs },
  });
  const libraryIntake = new LibraryIntake({ connections, guard, intake, spool, sweeper, maxUploadBytes });
  const records = new UploadRecords(database, sealer, now);
  const forUploads = { connections, guard, intake, spool, sweeper, signals, records, maxUploadBytes, limits };
  return {
    ...{ ledger, queue, dispatcher, events, sweeper, retention, guard, circuit, spool },
    routers: [
      pushRouter({
        ...{ connections, ledger, dispatcher, circuit, events, sweeper, retention, streams },
        ...{ progress, intake: libraryIntake, maxUploadBytes, retryBudgetMs, limits },
      }),
      routerOnDemand(['/uploads'], async () => {
        const { uploadsRouter } = await import('./pages/uploads-router.js');
        return uploadsRouter({ ...forUploads, isShared: isShared(database) });
      }),
      routerOnDemand(['/push/provider'], async () => {
        const { bundleRouters } = await import('./pages/bundle-routers.js');
        return bundleRouters({
          ...{ sdk, contracts, connections, calls, recorder, guard, intake, spool, limits, log },
        });
      }),
    ],
    start: async () => {
      await sweeper.start();
      await dispatcher.start();
    },
    refuseUploads: () => guard.close(),
    stop: async (withinMs) => {
      guard.close();
      sweeper.stop();
      await dispatcher.stop(withinMs);
      await sender.close();
    },
  };
}
