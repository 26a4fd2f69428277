import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.js';

/** The compiled app: `npm test` builds it before the tests run. */
export const mainPath = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

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

/** Runs the app as a process of its own. Rejects with what it wrote when it ends before it is ready. */
export async function startChild(options: ChildOptions): Promise<ChildApp> {
  mkdirSync(options.dataDir, { recursive: true });
  const [command = '', ...args] = [...(options.prefix ?? []), process.execPath, mainPath];
  const child = spawn(command, args, {
    // Elsewhere there is no .env to be read by accident.
    cwd: options.dataDir,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: options.dataDir,
      PORT: options.port ?? '0',
      SANDBOX_URL: options.sandboxUrl,
      LOG_LEVEL: 'silent',
      PUSH_BACKOFF_BASE_MS: '20',
      PUSH_BACKOFF_CAP_MS: '500',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += String(text);
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const port = await Promise.race([
    readyPort(child),
    ended.then((code) => Promise.reject(new Error(`the app ended with ${code}: ${stderr}`))),
  ]);
  const baseUrl = `http://localhost:${port}/`;
  return {
    baseUrl,
    port,
    pid: child.pid as number,
    errors: () => stderr,
    ended,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    browser: () => new Browser(baseUrl),
  };
}

function readyPort(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      const port = /app ready on http:\/\/localhost:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(port);
    });
  });
}
