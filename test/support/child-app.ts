import { mkdirSync } from 'node:fs';
import { runApp } from '../../scripts/run-app.mjs';
import { Browser } from './browser.js';

export { mainPath } from '../../scripts/run-app.mjs';

export interface ChildApp {
  readonly baseUrl: string;
  readonly port: string;
  readonly pid: number;
  /** What it has written to standard error. */
  errors(): string;
  /** Sends the signal and waits for the end. @returns the exit code, `null` after a fatal signal */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves when it has ended. */
  readonly ended: Promise<number | null>;
  browser(): Browser;
}

export interface ChildOptions {
  dataDir: string;
  sandboxUrl: string;
  /** Free when not given; give the first one's to a process that comes after it, so that cookies fit. */
  port?: string;
  env?: Record<string, string>;
  /** Put in front of the command, for example a shell that sets limits. */
  prefix?: string[];
}

/** Runs the app beside a sandbox that is there already. Rejects with what it wrote when it ends before it is ready. */
export async function startChild(options: ChildOptions): Promise<ChildApp> {
  mkdirSync(options.dataDir, { recursive: true });
  const app = runApp({
    // Elsewhere there is no .env to be read by accident.
    cwd: options.dataDir,
    env: {
      DATA_DIR: options.dataDir,
      PORT: options.port ?? '0',
      SANDBOX_URL: options.sandboxUrl,
      LOG_LEVEL: 'silent',
      PUSH_BACKOFF_BASE_MS: '20',
      PUSH_BACKOFF_CAP_MS: '500',
      ...options.env,
    },
    prefix: options.prefix ?? [],
  });
  const baseUrl = `${await app.ready}/`;
  return {
    baseUrl,
    port: new URL(baseUrl).port,
    pid: app.child.pid as number,
    errors: () => app.said.err,
    ended: app.ended,
    end: app.end,
    browser: () => new Browser(baseUrl),
  };
}
