import { generateKeyPair } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomHex } from '../random.js';

export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

export interface SandboxKeys {
  applicationId: string;
  contracts: { write: KeyPair; provider: KeyPair; read: KeyPair; refused: KeyPair };
  platform: KeyPair & { kid: string };
}

/** Keys of contracts made here carry this exponent, so that an app in live mode can tell and refuse them. */
export const sandboxPublicExponent = 65_539;

const generate = promisify(generateKeyPair);

async function makeKeyPair(publicExponent: number): Promise<KeyPair> {
  return generate('rsa', {
    modulusLength: 2048,
    publicExponent,
    // digi.me issues contract keys as PKCS#1.
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

async function makeKeys(): Promise<SandboxKeys> {
  const [write, provider, read, refused, platform] = await Promise.all([
    makeKeyPair(sandboxPublicExponent),
    makeKeyPair(sandboxPublicExponent),
    makeKeyPair(sandboxPublicExponent),
    makeKeyPair(sandboxPublicExponent),
    makeKeyPair(65_537),
  ]);
  return {
    applicationId: `sandbox-${randomHex(8)}`,
    contracts: { write, provider, read, refused },
    platform: { ...platform, kid: `sandbox-${randomHex(4)}` },
  };
}

/** The keys and the application id kept in `dataDir`, made on the first start. */
export async function loadKeys(dataDir: string): Promise<SandboxKeys> {
  const path = join(dataDir, 'keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as SandboxKeys;
  const keys = await makeKeys();
  writeFileSync(`${path}.new`, JSON.stringify(keys, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return keys;
}
