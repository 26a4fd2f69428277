import { expect, test } from '@jest/globals';
import { checkBundle, type Problem } from '../../src/fhir/index.js';
import { exampleBundle, put } from './edit-bundle.js';

/** Where the examples with measurements keep the measurement. */
export const OBSERVATION = 'entry.1.resource';

/** A name that no example uses. */
export const UUID = 'urn:uuid:11111111-2222-4333-8444-555555555555';

/** A value to be set at a place of an example; `undefined` removes what is there. */
export type Change = [at: string, value: unknown];

/** The rule, the example that is changed so as to break it, and where and how that is told. */
export type Broken = [rule: string, example: string, changes: Change[], path: string, words: RegExp];

/** The problems of an example after the changes. */
export function checkChanged(example: string, changes: Change[]): Problem[] {
  const bundle = exampleBundle(example);
  for (const [at, value] of changes) put(bundle, at, value);
  return checkBundle(bundle).problems;
}

/** One test per rule: broken by itself, it is told once, at its place. A broken rule may bring warnings with it. */
export function testBrokenRules(severity: Problem['severity'], rules: Broken[]): void {
  test.each(rules)(
    `%s is told once, as ${severity}, at its place`,
    (_rule, example, changes, path, words) => {
      const problems = checkChanged(example, changes);
      const told =
        severity === 'error' ? problems.filter((problem) => problem.severity === 'error') : problems;
      expect(told).toMatchObject([{ path, message: expect.stringMatching(words), severity }]);
    },
  );
}
