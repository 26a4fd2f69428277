import { expect, test } from '@jest/globals';
import type { Connection } from '../../src/connections/index.js';
import { compareLibraries } from '../../src/library/library-page.js';

const connection = (type: Connection['type'], userId: string | undefined): Connection => ({
  id: `${type} ${userId}`,
  visitorId: 'v',
  type,
  contractId: 'c',
  userId,
  account: undefined,
  state: 'active',
  createdAt: 0,
  updatedAt: 0,
  keptUntil: 0,
});

test.each([
  ['same', 'a', ['a']],
  ['same', 'a', ['b', 'a']],
  ['other', 'a', ['b']],
  ['unknown', 'a', []],
  ['unknown', undefined, ['b']],
  ['unknown', 'a', [undefined]],
] as const)('says %s when library %s is read and files go to %j', (verdict, read, written) => {
  const reading = connection('read', read);
  const all = [reading, ...written.map((userId) => connection('library', userId))];
  expect(compareLibraries(reading, all)).toBe(verdict);
});
