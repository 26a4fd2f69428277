import { describe, expect, test } from '@jest/globals';
import { checkBundle, listExamples } from '../../src/fhir/index.js';
import { checkStructure } from './check-resource.js';
import { readExamples } from './read-examples.js';

const OTHER_TYPES = new Set(['AllergyIntolerance', 'Encounter', 'MedicationStatement', 'Condition']);
const dutch = readExamples('medmij-bgz/');

describe('the structure check', () => {
  test.each(readExamples())('accepts $name of the specification', ({ resource }) => {
    expect(checkStructure(resource)).toEqual({ problems: [] });
  });

  test.each(dutch.filter(({ resource }) => !OTHER_TYPES.has(String(resource.resourceType))))(
    'accepts $name of a Dutch record',
    ({ resource }) => {
      expect(checkStructure(resource)).toEqual({ problems: [] });
    },
  );

  test.each(dutch.filter(({ resource }) => OTHER_TYPES.has(String(resource.resourceType))))(
    'refuses $name, whose type cannot be sent, and lists what can',
    ({ resource }) => {
      const { problems } = checkStructure(resource);
      expect(problems).toMatchObject([{ path: 'resourceType', rule: 'resource-not-sendable' }]);
      expect(problems[0]?.message).toMatch(new RegExp(`^${resource.resourceType} .* Binary, Device`));
    },
  );
});

describe('the examples of this project', () => {
  test.each(listExamples())('$id keeps every rule, without even a warning', ({ bundle }) => {
    expect(checkBundle(bundle)).toEqual({ problems: [] });
  });

  test('all have words in two languages and an id of their own', () => {
    const examples = listExamples();
    expect(new Set(examples.map(({ id }) => id)).size).toBe(4);
    for (const { title, description } of examples) {
      for (const words of [title.en, title.nl, description.en, description.nl]) expect(words).toMatch(/\w/);
    }
  });

  test('are handed out afresh, so that changing one does not change the next', () => {
    (listExamples()[0]?.bundle as { type: string }).type = 'changed';
    expect(listExamples()[0]?.bundle).toHaveProperty('type', 'batch');
  });

  test('the document carries a real PDF/A whose size the reference tells', () => {
    const { bundle } = listExamples().find(({ id }) => id === 'document') ?? {};
    const { entry } = bundle as { entry: { resource: Record<string, never> }[] };
    const pdf = Buffer.from(String(entry[3]?.resource.content), 'base64');
    expect(pdf.subarray(0, 8).toString('latin1')).toBe('%PDF-1.4');
    expect(pdf.toString('latin1')).toContain('<pdfaid:part>1</pdfaid:part>');
    expect(pdf.toString('latin1').trimEnd()).toMatch(/startxref\n\d+\n%%EOF$/);
    expect(entry[2]?.resource).toHaveProperty('content.0.attachment.size', pdf.length);
  });
});

test('a single resource is told to go into a Bundle', () => {
  const [{ bundle } = { bundle: undefined }] = listExamples();
  const patient = (bundle as { entry: { resource: Record<string, unknown> }[] }).entry[0]?.resource ?? {};
  expect(checkBundle(patient).problems).toMatchObject([
    { path: 'resourceType', message: expect.stringContaining('found a single Patient'), severity: 'error' },
  ]);
});
