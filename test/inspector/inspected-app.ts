import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { sandboxPlatform } from '../../src/sandbox-platform.js';
import { type RunningApp, startApp } from '../../src/start-app.js';
import { Browser } from '../support/browser.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

export interface InspectedApp {
  readonly app: RunningApp;
  readonly sandbox: Sandbox;
  readonly dataDir: string;
  /** Everything that was logged so far, at every level, by the app and the sandbox's reporter. */
  logs(): string;
  browser(): Browser;
  close(): Promise<void>;
}

/** An app whose log can be read, in sandbox mode, or in live mode with a sandbox for a digi.me. */
export async function startInspectedApp(mode: 'sandbox' | 'live' = 'sandbox'): Promise<InspectedApp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'inspected-'));
  const sandbox = await startKeyedSandbox({ port: 0, dataDir: join(dataDir, 'sandbox') });
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const app = await startApp({
    config: {
      ...loadConfig({
        PORT: '0',
        DATA_DIR: join(dataDir, 'app'),
        DIGIME_MODE: 'sandbox',
        PUSH_BACKOFF_BASE_MS: '20',
        PUSH_BACKOFF_CAP_MS: '200',
      }),
      mode,
    },
    appSecret: 'a secret of thirty-two characters',
    platform: sandboxPlatform(sandbox.credentials(), sandbox.url),
    log: pino({ level: 'trace' }, sink),
  });
  return {
    ...{ app, sandbox, dataDir },
    logs: () => lines.join(''),
    browser: () => new Browser(app.baseUrl),
    close: async () => {
      await app.close(1000);
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Collects an event stream until `isEnough` of what came so far, or the server ends it. */
export async function readEvents(
  browser: Browser,
  url: string,
  isEnough: (text: string) => boolean,
): Promise<string> {
  const origin = new URL(url).origin;
  const cookie = [...browser.cookies(origin)].map(([name, value]) => `${name}=${value}`).join('; ');
  const stop = new AbortController();
  const response = await fetch(url, {
    headers: { cookie, accept: 'text/event-stream' },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(180_000)]),
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (isEnough(text)) break;
  }
  stop.abort();
  return text;
}
