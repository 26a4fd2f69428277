import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

export interface RunningSandbox {
  sandbox: Sandbox;
  dataDir: string;
  log: Record<string, unknown>[];
}

/** Runs one sandbox for a file of tests, on a free port and in a folder of its own. */
export function withSandbox(options: Partial<SandboxOptions> = {}): RunningSandbox {
  const running = { log: [] as Record<string, unknown>[] } as RunningSandbox;
  beforeAll(async () => {
    running.dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
    const log = (entry: Record<string, unknown>) => void running.log.push(entry);
    running.sandbox = await startKeyedSandbox({ port: 0, dataDir: running.dataDir, log, ...options });
  });
  afterAll(async () => {
    await running.sandbox.close();
    rmSync(running.dataDir, { recursive: true, force: true });
  });
  return running;
}
