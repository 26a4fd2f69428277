import { createPrivateKey } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, sandboxPublicExponent, startSandbox } from '../../src/sandbox/index.js';
import { eventually } from '../support/eventually.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';
import { SigningClient } from './signing-client.js';

let dataDir: string;
let running: Sandbox[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  running = [];
});
afterEach(async () => {
  for (const sandbox of running) await sandbox.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(options: { fresh?: boolean; publicUrl?: string } = {}): Promise<Sandbox> {
  const sandbox = await startKeyedSandbox({ port: 0, dataDir, ...options });
  running.push(sandbox);
  return sandbox;
}

test('keys, libraries, tokens, used codes and the clock survive a restart', async () => {
  const first = await start({ fresh: true });
  const before = new SigningClient(first, 'write');
  const connection = await before.connect();
  const { code } = await before.authorize();
  await before.decide(code);
  await before.push(connection.accessToken, 'kept');
  first.control.advanceClock(100);
  const { libraries } = first.control.library();
  const { contracts, applicationId } = first.credentials();
  await first.close();

  const second = await start();
  expect(second.credentials()).toMatchObject({ contracts, applicationId });
  expect(second.control.library().libraries).toEqual(libraries);
  expect(second.control.clock().advancedSeconds).toBe(100);
  const after = new SigningClient(second, 'write');
  expect((await after.push(connection.accessToken, 'kept')).status).toBe(200);
  expect(second.control.library().files).toEqual([expect.objectContaining({ count: 2 })]);
  expect((await after.decide(code)).answer.status).toBe(409);
});

test('who was deleted stays deleted after a restart', async () => {
  const first = await start();
  const client = new SigningClient(first, 'write');
  const gone = await client.connect();
  const kept = await client.connect();
  await client.send('DELETE', 'user', { claims: { access_token: gone.accessToken } });
  await first.close();
  const second = await start();
  expect(second.control.library().libraries.map(({ userId }) => userId)).toEqual([kept.userId]);
  expect((await new SigningClient(second, 'write').push(gone.accessToken, 'x')).status).toBe(401);
});

test('a line torn by a crash and a body that never arrived whole are forgotten, the rest is kept', async () => {
  const first = await start();
  const connection = await new SigningClient(first, 'write').connect();
  await first.close();
  appendFileSync(join(dataDir, 'journal.ndjson'), '["library","torn",{"userId":"to');
  writeFileSync(join(dataDir, 'incoming', 'half'), 'half a body');
  const second = await start();
  expect(second.control.library().libraries.map(({ userId }) => userId)).toEqual([connection.userId]);
  expect(readdirSync(join(dataDir, 'incoming'))).toEqual([]);
});

test('fresh starts anew, with new keys, and leaves what is not the sandbox’s own', async () => {
  const first = await start();
  const client = new SigningClient(first, 'write');
  const connection = await client.connect();
  await client.push(connection.accessToken, 'gone');
  const before = first.credentials();
  await first.close();
  writeFileSync(join(dataDir, 'notes.txt'), 'mine');
  const second = await start({ fresh: true });
  expect(second.control.library()).toEqual({ libraries: [], files: [] });
  expect(readdirSync(join(dataDir, 'bodies'))).toEqual([]);
  expect(second.credentials().applicationId).not.toBe(before.applicationId);
  expect(second.credentials().contracts[0]?.privateKey).not.toBe(before.contracts[0]?.privateKey);
  expect(existsSync(join(dataDir, 'notes.txt'))).toBe(true);
});

test('contract keys carry the mark by which they are refused in live mode, and are kept for the owner only', async () => {
  const sandbox = await start({ fresh: true });
  expect(sandboxPublicExponent).toBe(65_539);
  for (const { privateKey } of sandbox.credentials().contracts) {
    const { modulusLength, publicExponent } = createPrivateKey(privateKey).asymmetricKeyDetails ?? {};
    expect([modulusLength, publicExponent]).toEqual([2048, 65_539n]);
  }
  expect(statSync(join(dataDir, 'keys.json')).mode & 0o077).toBe(0);
});

test('closing drops connections that wait for an answer', async () => {
  const sandbox = await start();
  sandbox.control.addFault({ route: '*', behaviour: 'hang' });
  const waiting = expect(fetch(`${sandbox.baseUrl}jwks/oauth`)).rejects.toThrow('fetch failed');
  await eventually('its request', () => sandbox.control.requests().requests.length > 0);
  await sandbox.close();
  await waiting;
  await sandbox.close();
});

test('a second one on the same port is an error and wipes nothing, even when told to start anew', async () => {
  const first = await start();
  const { userId } = await new SigningClient(first, 'write').connect();
  await expect(startSandbox({ port: first.port, dataDir, fresh: true })).rejects.toThrow('EADDRINUSE');
  await first.close();
  const second = await start();
  expect(second.control.library().libraries).toEqual([expect.objectContaining({ userId })]);
});

test('another public address is the one that clients are told', async () => {
  const sandbox = await start({ publicUrl: 'https://sandbox.example' });
  expect(sandbox.credentials()).toMatchObject({
    baseUrl: 'https://sandbox.example/v1.7/',
    onboardUrl: 'https://sandbox.example/apps/saas/',
    jwksUrl: 'https://sandbox.example/v1.7/jwks/oauth',
  });
});
