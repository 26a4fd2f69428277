import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const shortest = 32;

/**
 * The app's own secret, for a start without `APP_SECRET`: made on the first start and kept as `app-secret` in `dataDir`,
 * beside what it seals. It is on the disk before anything is sealed with it: a power cut must not lose it.
 * @throws Error when the file holds less than a secret; another secret in its place would open nothing
 */
export function ownSecret(dataDir: string): string {
  const path = join(dataDir, 'app-secret');
  if (existsSync(path)) {
    const secret = readFileSync(path, 'utf8').trim();
    if (secret.length >= shortest) return secret;
    throw new Error(
      `${path} is damaged: it has ${secret.length} characters, a secret has at least ${shortest}. Put it back from a ` +
        'backup; or remove the whole folder, and with it everything that was sealed with that secret',
    );
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const secret = randomBytes(32).toString('base64url');
  const unfinished = `${path}.part`;
  const file = openSync(unfinished, 'w', 0o600);
  writeSync(file, secret);
  fsyncSync(file);
  closeSync(file);
  renameSync(unfinished, path);
  const folder = openSync(dataDir, 'r');
  fsyncSync(folder);
  closeSync(folder);
  return secret;
}
