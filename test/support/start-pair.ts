import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.js';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { sandboxPlatform } from '../../src/sandbox-platform.js';
import { type RunningApp, startApp } from '../../src/start-app.js';
import { createLogger } from '../../src/web/index.js';
import { Browser } from './browser.js';
import { startKeyedSandbox } from './keyed-sandbox.js';
import { steadyPort } from './steady-port.js';

export interface Pair {
  readonly app: RunningApp;
  readonly sandbox: Sandbox;
  readonly dataDir: string;
  /** A new visitor. */
  browser(): Browser;
  /** Ends the app and starts it again on the same data, as after a restart. */
  restart(env?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

export interface PairOptions {
  /** Settings as environment variables. */
  env?: Record<string, string>;
  sandbox?: Partial<SandboxOptions>;
  now?: () => number;
}

/** A real app with a real sandbox behind it, both on free ports, in a folder of their own. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const dataDir = await mkdtemp(join(tmpdir(), 'push-'));
  const now = options.now ? { now: options.now } : {};
  const sandbox = await startKeyedSandbox({
    port: await steadyPort(),
    dataDir: join(dataDir, 'sandbox'),
    ...now,
    ...options.sandbox,
  });
  const port = await steadyPort();
  const start = (env: Record<string, string> = {}) =>
    startApp({
      // Quick retries, so that a test of a failure takes a moment and not a minute.
      config: loadConfig({
        PORT: String(port),
        DATA_DIR: join(dataDir, 'app'),
        DIGIME_MODE: 'sandbox',
        LOG_LEVEL: 'silent',
        PUSH_BACKOFF_BASE_MS: '20',
        PUSH_BACKOFF_CAP_MS: '200',
        ...options.env,
        ...env,
      }),
      appSecret: 'a secret of thirty-two characters',
      platform: sandboxPlatform(sandbox.credentials(), sandbox.url),
      log: createLogger(process.env.TEST_LOG_LEVEL ?? 'silent'),
      ...now,
    });
  let app = await start();
  return {
    get app() {
      return app;
    },
    sandbox,
    dataDir,
    browser: () => new Browser(app.baseUrl),
    restart: async (env) => {
      await app.close();
      // Under the same address: a visitor's cookies belong to it.
      app = await start(env);
    },
    close: async () => {
      await app.close(1000);
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
