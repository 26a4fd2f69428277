import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accountsRouter } from './accounts/index.js';
import { createApp } from './app.js';
import type { Config, Contracts } from './config/index.js';
import { ConnectionCalls, Connections } from './connections/index.js';
import { type Exchange, init } from './digime/index.js';
import {
  inspectorRouter,
  KeptRequests,
  Recorder,
  SharedFaults,
  SharedJourneys,
  VisitorFaults,
  whatIfRouter,
} from './inspector/index.js';
import { leaveRouter, Retention } from './leave/index.js';
import { libraryRouter, PushedFiles, ReadLibraries } from './library/index.js';
import {
  Authorizations,
  Callbacks,
  HomeContracts,
  homeRouter,
  onboardingRouter,
  UsedStates,
} from './onboarding/index.js';
import { docsRouter } from './openapi/index.js';
import { createPushService, type PushService } from './push/index.js';
import {
  cookieSecret,
  createSealer,
  eraseFreed,
  isShared,
  Mailbox,
  noSignals,
  openDatabase,
  openS3Store,
  postgresSignals,
  probeDatabase,
  Spool,
} from './storage/index.js';
import { heldViews, openStudioCalls, studioRouter } from './studio/index.js';
import { openTracing } from './tracing/index.js';
import { warmUp } from './warm-up.js';
import {
  createAssets,
  createHealth,
  createMetrics,
  createRateLimits,
  createSessions,
  EventStreams,
  type Logger,
  privateAccess,
  SharedStreamPlaces,
} from './web/index.js';

/** The digi.me to talk to: the real one, or a sandbox. */
export interface Platform {
  readonly applicationId: string;
  readonly baseUrl: string;
  readonly onboardUrl: string;
  readonly contracts: Contracts;
  /** Where the sandbox's own page is, in sandbox mode. */
  readonly sandboxUrl?: string;
}

export interface AppOptions {
  config: Config;
  appSecret: string;
  /** The secret before: opens what it sealed and accepts the cookies it signed. */
  appSecretPrevious?: string | undefined;
  platform: Platform;
  log: Logger;
  /** Unix milliseconds; tests step it. */
  now?: () => number;
  isDevelopment?: boolean;
}

/** A running app. */
export interface RunningApp {
  /** The app's public address, with a final slash. */
  readonly baseUrl: string;
  readonly port: number;
  readonly pushService: PushService;
  readonly connections: Connections;
  /** Makes, little by little, what the first requests use and a start does not wait for. */
  warmUp(): Promise<void>;
  /**
   * Readiness first, then no new uploads, then what is under way gets its time; the rest goes back into the queue and
   * is sent after the next start.
   */
  close(withinMs?: number): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Puts the app together and listens. @throws Error when the port is taken or the database can't be used */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { config, platform, log, now = Date.now } = options;
  const database = await openDatabase(config);
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: 20_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16_384,
  });
  try {
    server.listen(config.port, config.host);
    await once(server, 'listening');
  } catch (error) {
    await database.destroy();
    throw error;
  }
  // Who comes before everything is ready waits: without a listener a request would never be answered.
  const waiting: Parameters<RequestListener>[] = [];
  const wait: RequestListener = (...request) => void waiting.push(request);
  server.on('request', wait);
  const { port } = server.address() as AddressInfo;
  const baseUrl = config.baseUrl ?? `http://localhost:${port}/`;
  const sealer = createSealer(options.appSecret, options.appSecretPrevious);
  const spool =
    config.payloadBucket === undefined ? new Spool(config.dataDir) : await openS3Store(config.payloadBucket);
  const signals =
    config.databaseUrl === undefined
      ? noSignals
      : await postgresSignals(database, config.databaseUrl, (err) =>
          log.warn({ err }, 'other processes are not heard for a moment'),
        );
  const faults =
    config.mode === 'sandbox'
      ? new VisitorFaults(now, config.databaseUrl === undefined ? undefined : new SharedFaults(database, now))
      : undefined;
  const mailbox = new Mailbox(database, sealer, signals, now);
  const heldCalls =
    config.mode === 'sandbox'
      ? openStudioCalls({ database, sealer, signals, mailbox, viewOf: heldViews(() => recorder), now })
      : undefined;
  const recorder: Recorder = new Recorder(now, {
    ...(config.databaseUrl !== undefined && {
      journeys: new SharedJourneys({
        ...{ database, sealer, signals, requests: new KeptRequests(mailbox), now },
        onTrouble: (err) => log.warn({ err }, 'steps of the inspector were left out'),
      }),
    }),
    keepsRequests: config.mode === 'sandbox',
    interceptorsOf: (visitorId) => [heldCalls?.interceptorOf(visitorId), faults?.interceptorOf(visitorId)],
  });
  const streams = new EventStreams(
    {},
    config.databaseUrl === undefined
      ? undefined
      : new SharedStreamPlaces(database, (err) =>
          log.warn({ err }, 'event streams are counted by each process'),
        ),
  );
  // One process counts by itself; several share what they count.
  const limits = createRateLimits(
    config.rateLimits,
    config.databaseUrl === undefined ? undefined : database,
    now,
  );
  const tracing = await openTracing({
    ...{ settings: config.tracing, version: packageVersion(), log },
    continuesRequests: config.trustProxy !== false,
  });
  const onExchange = config.tracing && ((exchange: Exchange) => tracing.exchange(exchange));
  const { applicationId, onboardUrl, baseUrl: issuer, contracts } = platform;
  const { pushTimeoutMs } = config.dispatch;
  const sdk = init({ applicationId, baseUrl: issuer, onboardUrl, pushTimeoutMs, onExchange, now });
  const connections = new Connections(database, sealer, issuer, now, config.retention.connectionMs);
  const calls = new ConnectionCalls({ connections, contracts, recorder, now });
  const operations = privateAccess(config.operationsAccess);
  const metrics = createMetrics(operations);
  const pushService = createPushService({
    config,
    registry: metrics.registry,
    database,
    sealer,
    spool,
    signals,
    sdk,
    platform: { applicationId, baseUrl: issuer },
    onExchange,
    contracts,
    connections,
    calls,
    recorder,
    streams,
    limits,
    tracing,
    log,
    now,
  });
  const onConnected = async (connectionId: string) => {
    if ((await pushService.queue.resume(connectionId)) > 0) pushService.dispatcher.announce();
  };
  const authorizations = new Authorizations({
    ...{ sdk, contracts, connections, calls, recorder, issuer, now },
    callbackUrl: () => `${baseUrl}return`,
  });
  const callbacks = new Callbacks({
    ...{ sdk, contracts, issuer, connections, calls, recorder, log, now, onConnected },
    usedStates: new UsedStates(database, now),
  });
  const leaving = {
    onDisconnected: (id: string) => {
      libraries.drop(id);
      signals.tell('left', id);
    },
    eraseFreed: () => eraseFreed(database),
  };
  const retention = new Retention({ connections, pushes: pushService, log, ...leaving });
  const homeContracts = new HomeContracts(sdk, contracts, now);
  const libraries = new ReadLibraries({ sdk, calls, now });
  signals.listen('left', (id) => libraries.drop(id));
  const pushedFiles = new PushedFiles(database);
  const onboardOrigins = [new URL(platform.onboardUrl).origin];
  const sessions = await createSessions({
    database,
    sealer,
    secrets: [options.appSecret, options.appSecretPrevious].flatMap((secret) =>
      secret ? [cookieSecret(secret)] : [],
    ),
    secure: baseUrl.startsWith('https:'),
    now,
    onVisit: (visitorId) => connections.noteVisit(visitorId),
    onError: (err) => log.error({ err }, 'old sessions could not be removed'),
  });
  const health = createHealth(
    [
      { name: 'database', isShared: isShared(database), check: () => probeDatabase(database) },
      { name: 'spool', isShared: config.payloadBucket !== undefined, check: () => spool.probe() },
    ],
    operations,
  );
  const assets = createAssets(join(root, 'public'), {
    'tus.min.js': fileURLToPath(import.meta.resolve('tus-js-client/dist/tus.min.js')),
  });
  const routers = [
    homeRouter({
      mode: config.mode,
      sandboxUrl: platform.sandboxUrl,
      contracts,
      connections,
      homeContracts,
    }),
    onboardingRouter({ authorizations, callbacks, connections }, limits),
    leaveRouter({
      ...{ connections, calls, sdk, recorder, pushes: pushService, ...leaving },
      retention: config.retention,
    }),
    libraryRouter({
      ...{ connections, contracts, authorizations, libraries, pushedFiles, spool, limits, log, now },
      applicationId: platform.applicationId,
    }),
    accountsRouter({
      sdk,
      connections,
      calls,
      limits,
      log,
      now,
      onboardOrigins,
      onConnected,
      baseUrl: () => baseUrl,
    }),
    ...pushService.routers,
    inspectorRouter({
      recorder,
      streams,
      canSwitch: faults !== undefined,
      sandboxUrl: platform.sandboxUrl,
      now,
    }),
    whatIfRouter(faults, now),
    ...(heldCalls
      ? [studioRouter({ calls: heldCalls, recorder, streams, onboardUrl: platform.onboardUrl, now })]
      : []),
    docsRouter(packageVersion(), () => baseUrl),
  ];
  const app = createApp({
    ...{ mode: config.mode, trustProxy: config.trustProxy, log, health, metrics, tracing, sessions, assets },
    viewsFolder: join(root, 'views'),
    isDevelopment: options.isDevelopment ?? false,
    bodyTimeoutMs: config.uploads.bodyTimeoutMs,
    onboardOrigins,
    baseUrl: () => baseUrl,
    routers,
  });
  await pushService.start();
  retention.start();
  server.off('request', wait);
  server.on('request', app);
  for (const [req, res] of waiting) app(req, res);

  let closing: Promise<void> | undefined;
  const close = async (withinMs: number) => {
    health.drain();
    pushService.refuseUploads();
    void recorder.close();
    heldCalls?.close();
    const streamsEnd = streams.close();
    const until = performance.now() + withinMs;
    // The server goes on listening meanwhile, so that `/readyz` can say 503.
    await Promise.all([pushService.guard.idle(withinMs), pushService.stop(withinMs)]);
    await closeServer(server, Math.max(0, until - performance.now()));
    sessions.stop();
    await retention.stop();
    await recorder.close();
    await streamsEnd;
    await signals.close();
    await database.destroy();
    await tracing.close();
  };
  return {
    baseUrl,
    port,
    pushService,
    connections,
    warmUp: () => warmUp(routers, assets),
    close: (withinMs = config.drainMs) => {
      closing ??= close(withinMs);
      return closing;
    },
  };
}

/** Takes no new connections, ends idle ones, and cuts what is left when the time is up. */
async function closeServer(server: Server, withinMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const deadline = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
}
