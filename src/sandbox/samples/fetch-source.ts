import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSource } from '../discovery/sources.js';
import { categoryOf } from '../discovery/wire-source.js';
import type { Platform } from '../platform.js';
import type { Account } from '../state/records.js';
import { type SampleDataSet, sampleRecords } from './sample-records.js';

const fetchedMimeType = 'application/json';

/**
 * Puts the records of a pull source into the library of the account's person, one file of JSON per kind of record. Does
 * nothing for other accounts. Fetched again, the files are brought up to date under the same names.
 */
export function fetchSource(
  { applicationId, clock, state }: Platform,
  contractId: string,
  account: Account,
  dataSet?: SampleDataSet,
): void {
  const source = findSource(account.sourceId);
  if (source?.type !== 'pull') return;
  const now = clock.real();
  for (const { objectType, objectTypeId, records } of sampleRecords(source, account.id, now, dataSet)) {
    const bytes = Buffer.from(JSON.stringify(records));
    const name = `pull_${source.id}_${objectType}_${account.id.slice(-12)}.json`;
    writeFileSync(join(state.bodies, name), bytes, { mode: 0o600 });
    state.files.put(name, {
      name,
      userId: account.userId,
      contractId,
      applicationId,
      descriptor: { mimeType: fetchedMimeType, accounts: [{ accountId: account.id }] },
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      count: 1,
      receivedAt: now,
      updatedAt: now,
      fetched: {
        accountId: account.id,
        sourceId: source.id,
        serviceName: source.name,
        serviceGroupId: categoryOf(source)?.id ?? 0,
        serviceGroup: categoryOf(source)?.name ?? '',
        objectType,
        objectTypeId,
        objectCount: records.length,
      },
    });
  }
}
