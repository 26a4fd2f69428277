import { describe, expect, test } from '@jest/globals';
import { checkBundle, ruleBook } from '../../src/fhir/index.js';
import { legalVariants } from './legal-variants.js';
import { changed } from './semantic-changes.js';
import { semanticDamages } from './semantic-damages.js';

describe('what STU3 and the published profiles allow is not refused', () => {
  test.each(legalVariants)('%s (%s)', (_what, example, edits) => {
    const { problems } = checkBundle(changed(example, edits));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('what the definitions of STU3 forbid is told', () => {
  test.each(semanticDamages)('%s (%s)', (_what, example, edits, rule) => {
    const { problems } = checkBundle(changed(example, edits));
    const severity = ruleBook[rule].level === 'warning' ? 'warning' : 'error';
    expect(problems).toContainEqual(expect.objectContaining({ rule, severity }));
  });
});
