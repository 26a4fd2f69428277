import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.js';
import { type ChildApp, type ChildOptions, startChild } from './child-app.js';

export interface Stage {
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** Starts the app on this stage's data; the next one takes over the port of the first. */
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
    const sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox'), ...sandboxOptions });
    endings.push(() => sandbox.close());
    let port: string | undefined;
    const start = async (options: Partial<ChildOptions> = {}) => {
      const dataDir = join(folder, 'app');
      const child = await startChild({
        dataDir,
        sandboxUrl: sandbox.url,
        ...(port !== undefined && { port }),
        ...options,
      });
      endings.push(() => child.end('SIGKILL'));
      port ??= child.port;
      return child;
    };
    return { folder, sandbox, start };
  };
}
