import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadKeys } from '../../src/sandbox/identity/keys.js';
import { makePlatform } from '../../src/sandbox/make-platform.js';
import { Journal } from '../../src/sandbox/state/journal.js';
import { openState } from '../../src/sandbox/state/state.js';
import { sweep } from '../../src/sandbox/state/sweep.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('a journal is written anew before it outgrows its records, and keeps the last word on each', () => {
  const path = join(dataDir, 'journal.ndjson');
  const journal = new Journal(path);
  for (let count = 0; count < 50_000; count += 1) journal.put('thing', `id-${count % 10}`, { count });
  journal.drop('thing', 'id-3');
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(25_000);
  journal.close();
  const again = new Journal(path);
  const things = again.records<{ count: number }>('thing');
  expect(things.size).toBe(9);
  expect(things.get('id-9')).toEqual({ count: 49_999 });
  again.close();
});

test('what has long expired is forgotten, what may still matter is not', async () => {
  const hour = 3_600_000;
  const day = 24 * hour;
  const state = openState(dataDir, false);
  const now = Date.now();
  const platform = makePlatform({ port: 0, dataDir, now: () => now }, state, await loadKeys(dataDir), 1);
  const code = { contractId: 'c', userId: 'u', challenge: 'x', usedAt: null };
  const token = { use: 'refresh' as const, contractId: 'c', userId: 'u', consentId: 'k', usedAt: null };
  state.nonces.put('old', now - hour);
  state.nonces.put('recent', now - 6 * 60_000);
  state.codes.put('old', { ...code, code: 'old', expiresAt: now - 2 * day });
  state.codes.put('recent', { ...code, code: 'recent', expiresAt: now - hour });
  state.tokens.put('old', { ...token, value: 'old', expiresAt: now - 91 * day });
  state.tokens.put('recent', { ...token, value: 'recent', expiresAt: now - 89 * day });
  sweep(platform);
  for (const kept of [state.nonces, state.codes, state.tokens]) {
    expect([kept.get('old'), kept.get('recent')]).toEqual([undefined, expect.anything()]);
  }
  state.close();
});
