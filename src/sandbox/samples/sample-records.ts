import type { Source } from '../discovery/sources.js';
import { Picker } from './picker.js';
import { recordKinds, type SampleRecord } from './record-kinds.js';

/** Records of one kind from one source: one file of the library. */
export interface SampleFile {
  /** digi.me's object type; `objectTypeId` is what a read session's scope names. */
  objectType: string;
  objectTypeId: number;
  records: SampleRecord[];
}

/** What `sampleData: { dataSet }` of an authorization may name, and how much of the usual number each brings. */
export const sampleDataSets = {
  default: { name: 'Everyday', description: 'A few dozen records of the past three months', share: 1 },
  quiet: { name: 'A quiet time', description: 'Few records, for empty states and short lists', share: 0.2 },
  busy: { name: 'A busy year', description: 'Several hundred records, for paging and charts', share: 8 },
  empty: { name: 'Nothing yet', description: 'An account that has no records at all', share: 0 },
} as const;

export type SampleDataSet = keyof typeof sampleDataSets;

/** Whether there is a data set of this name. */
export function isSampleDataSet(name: string | undefined): name is SampleDataSet {
  return name !== undefined && Object.hasOwn(sampleDataSets, name);
}

const dayMs = 86_400_000;
const spanMs = 90 * dayMs;

/**
 * Invented records of the source for an account, newest first: the same for the same account and day, so that fetching
 * twice changes nothing.
 * @param now milliseconds
 */
export function sampleRecords(
  source: Source,
  accountId: string,
  now: number,
  dataSet: SampleDataSet = 'default',
): SampleFile[] {
  const today = Math.floor(now / dayMs) * dayMs;
  const { share } = sampleDataSets[dataSet];
  return recordKinds[source.category]
    .map(({ objectType, objectTypeId, usual, make }) => {
      const picker = new Picker(`${source.id} ${objectType} ${accountId}`);
      const records = Array.from({ length: Math.ceil(usual * share) }, (_, index) => {
        const createdAt =
          today - Math.floor(((index + picker.fraction()) * spanMs) / (usual * Math.max(share, 1)));
        return {
          entityid: `${source.id}_${picker.hex(16)}`,
          accountentityid: accountId,
          createddate: createdAt,
          updateddate: createdAt,
          ...make(picker, createdAt),
        };
      });
      return { objectType, objectTypeId, records };
    })
    .filter(({ records }) => records.length > 0);
}
