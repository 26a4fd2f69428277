import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { type ChildApp, type ChildOptions, startChild } from './child-app.js';
import { startKeyedSandbox } from './keyed-sandbox.js';
import { steadyPort } from './steady-port.js';

export interface Stage {
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** Starts the app on this stage's data; all of them under the same port, one after the other. */
  start(options?: Partial<ChildOptions>): Promise<ChildApp>;
}

/** Gives a test a sandbox in this process and apps in processes of their own, and clears all of it away afterwards. */
export function stages(): (sandboxOptions?: Partial<SandboxOptions>) => Promise<Stage> {
  const endings: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });
  return async (sandboxOptions) => {
    const folder = await mkdtemp(join(tmpdir(), 'faults-'));
    endings.push(() => rm(folder, { recursive: true, force: true }));
    const sandbox = await startKeyedSandbox({ port: 0, dataDir: join(folder, 'sandbox'), ...sandboxOptions });
    endings.push(() => sandbox.close());
    const port = String(await steadyPort());
    const start = async (options: Partial<ChildOptions> = {}) => {
      const dataDir = join(folder, 'app');
      const child = await startChild({
        dataDir,
        sandboxUrl: sandbox.url,
        port,
        ...options,
      });
      endings.push(() => child.end('SIGKILL'));
      return child;
    };
    return { folder, sandbox, start };
  };
}
