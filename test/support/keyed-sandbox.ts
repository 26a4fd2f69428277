import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const maker = createHash('sha256').update(readFileSync(join(root, 'src/sandbox/identity/keys.ts')));
const folder = join(root, 'node_modules/.cache/sandbox-keys');
const kept = join(folder, `${maker.digest('hex').slice(0, 16)}.json`);

/**
 * A sandbox with the keys that the first one made: five RSA keys are a second of computing, which is more than most tests
 * take. Who needs keys of its own starts it with `fresh`.
 */
export async function startKeyedSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDir } = options;
  if (dataDir === undefined) return startSandbox(options);
  const keys = join(dataDir, 'keys.json');
  mkdirSync(dataDir, { recursive: true });
  if (!existsSync(keys) && existsSync(kept)) copyFileSync(kept, keys);
  const sandbox = await startSandbox(options);
  if (!existsSync(kept)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(keys, `${kept}.${process.pid}`);
    renameSync(`${kept}.${process.pid}`, kept);
  }
  return sandbox;
}
