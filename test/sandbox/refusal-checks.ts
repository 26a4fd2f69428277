import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Answer } from './signing-client.js';
import type { RunningSandbox } from './with-sandbox.js';

/** All that a sandbox has issued and stored, as its files say it; a nonce that was seen is neither. */
export function issuedAndStored({ dataDir }: RunningSandbox) {
  const rows = readFileSync(join(dataDir, 'journal.ndjson'), 'utf8').split('\n');
  return {
    journal: rows.filter((row) => row && !row.startsWith('["nonce"')),
    bodies: readdirSync(join(dataDir, 'bodies')).sort(),
    incoming: readdirSync(join(dataDir, 'incoming')),
  };
}

export interface ExpectedRefusal {
  status: number;
  code: string;
  message: RegExp | string;
}

/** Sends, and expects the refusal in full: status, code, advice, a reference that the log has too, and no effect at all. */
export async function expectRefusal(
  running: RunningSandbox,
  send: () => Promise<Answer>,
  { status, code, message }: ExpectedRefusal,
): Promise<void> {
  const before = issuedAndStored(running);
  const answer = await send();
  expect({ status: answer.status, error: answer.json?.error }).toEqual({
    status,
    error: {
      code,
      message:
        typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      reference: expect.any(String),
    },
  });
  expect(answer.json.token).toBeUndefined();
  const logged = running.log.find(({ reference }) => reference === answer.json.error.reference);
  expect(logged).toMatchObject({ event: 'sandbox.refusal', code });
  expect(issuedAndStored(running)).toEqual(before);
}
