import { describe, expect, test } from '@jest/globals';
import { checkText, importR4, listExamples } from '../../src/fhir/index.js';

type Json = Record<string, unknown>;
const terminology = 'http://terminology.hl7.org/CodeSystem/';
const observation = (fields: Json): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...fields,
});
const bundleOf = (resource: Json) => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: [{ resource, request: { method: 'POST', url: resource.resourceType } }],
});
const importText = (value: unknown) => importR4(JSON.stringify(value));
/** The only resource of a bundle after the import. */
const imported = (resource: Json): Json =>
  JSON.parse(importText(bundleOf(resource)).text).entry[0].resource as Json;
const reference = (to: string) => ({ reference: to, display: 'x' });

/** What R4 has, and what it is in STU3; `undefined` where STU3 has no place for it. */
const conversions: [what: string, r4: Json, stu3: Json][] = [
  [
    'encounter',
    { encounter: reference('Encounter/1') },
    { context: reference('Encounter/1'), encounter: undefined },
  ],
  ['note', { note: [{ text: 'a' }, { text: 'b' }] }, { comment: 'a\nb', note: undefined }],
  [
    'hasMember',
    { hasMember: [reference('Observation/1')] },
    { related: [{ type: 'has-member', target: reference('Observation/1') }], hasMember: undefined },
  ],
  [
    'derivedFrom',
    { derivedFrom: [reference('Observation/1'), reference('ImagingStudy/1')] },
    { related: [{ type: 'derived-from', target: reference('Observation/1') }], derivedFrom: undefined },
  ],
  [
    'several interpretations',
    { interpretation: [{ text: 'a' }, { text: 'b' }] },
    { interpretation: { text: 'a' } },
  ],
  ['a whole number', { valueInteger: 3 }, { valueQuantity: { value: 3 }, valueInteger: undefined }],
  ['an instant', { effectiveInstant: '2024-03-14T07:42:00Z' }, { effectiveDateTime: '2024-03-14T07:42:00Z' }],
  ['a timing', { effectiveTiming: { event: ['2024-03-14'] } }, { effectiveDateTime: '2024-03-14' }],
  [
    'partOf and focus',
    { partOf: [reference('X/1')], focus: [reference('X/1')] },
    { partOf: undefined, focus: undefined },
  ],
  ['an order', { basedOn: [reference('ServiceRequest/1')] }, { basedOn: [reference('ProcedureRequest/1')] }],
  [
    'a performer by role',
    { performer: [reference('PractitionerRole/1')] },
    { performer: [{ display: 'x' }] },
  ],
  [
    'the type of a reference',
    { subject: { ...reference('Patient/1'), type: 'Patient' } },
    { subject: reference('Patient/1') },
  ],
  [
    'a category',
    { category: [{ coding: [{ system: `${terminology}observation-category`, code: 'vital-signs' }] }] },
    { category: [{ coding: [{ system: 'http://hl7.org/fhir/observation-category', code: 'vital-signs' }] }] },
  ],
  [
    'a code of HL7 version 3',
    { method: { coding: [{ system: `${terminology}v3-NullFlavor`, code: 'OTH' }] } },
    { method: { coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'OTH' }] } },
  ],
  [
    'a Dutch profile',
    { meta: { source: 'x', profile: ['http://nictiz.nl/fhir/StructureDefinition/nl-core-BodyWeight'] } },
    { meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/zib-BodyWeight'] } },
  ],
  [
    'a component',
    { component: [{ code: { text: 'x' }, valueInteger: 3, interpretation: [{ text: 'a' }] }] },
    { component: [{ code: { text: 'x' }, valueQuantity: { value: 3 }, interpretation: { text: 'a' } }] },
  ],
  [
    'an extension with an address',
    { extension: [{ url: 'http://a.example', valueCanonical: 'http://b.example' }] },
    { extension: [{ url: 'http://a.example', valueUri: 'http://b.example' }] },
  ],
];

describe('an Observation of R4', () => {
  test.each(conversions)('%s becomes that of STU3, and is told', (_what, r4, stu3) => {
    const before = bundleOf(observation(r4));
    expect(imported(observation(r4))).toEqual(JSON.parse(JSON.stringify(observation(stu3))));
    const { text, changes, lines } = importText(before);
    expect(changes.length).toBeGreaterThan(0);
    expect(changes[0]?.message).toMatch(/[a-z]/);
    expect(lines).toHaveLength(changes.length);
    const broken = checkText(text).problems.filter(
      ({ severity, overridable }) => severity === 'error' && !overridable,
    );
    expect(broken).toEqual([]);
    expect(importR4(text).changes).toEqual([]);
  });

  test('goes into a bundle when it comes alone, and keeps every digit and line', () => {
    const text =
      '{\n"resourceType": "Observation",\n"status": "final",\n"code": {"text": "x"},\n"encounter": {"display": "x"},\n"valueQuantity": {"value": 78.40}\n}';
    const { text: after, changes } = importR4(text);
    expect(after).toContain('"value": 78.40');
    expect(JSON.parse(after)).toMatchObject({
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'POST', url: 'Observation' } }],
    });
    expect(changes.find(({ path }) => path === 'encounter')).toMatchObject({ line: 5 });
  });
});

test('the answer of a search becomes a batch', () => {
  const entry = [
    {
      fullUrl: 'https://a.example/Patient/1',
      search: { mode: 'match' },
      resource: { resourceType: 'Patient' },
    },
  ];
  const { text } = importText({
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    timestamp: '2024-03-14T07:42:00Z',
    entry,
  });
  expect(JSON.parse(text)).toEqual({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      {
        fullUrl: 'https://a.example/Patient/1',
        resource: { resourceType: 'Patient' },
        request: { method: 'POST', url: 'Patient' },
      },
    ],
  });
});

test.each([
  [
    { resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: 'http://a.example/q|1' },
    'questionnaire',
    { reference: 'http://a.example/q', display: 'http://a.example/q|1' },
  ],
  [{ resourceType: 'DocumentReference', date: '2024-03-14T07:42:00Z' }, 'indexed', '2024-03-14T07:42:00Z'],
  [{ resourceType: 'DocumentReference', category: [{ text: 'a' }] }, 'class', { text: 'a' }],
  [
    { resourceType: 'DocumentManifest', content: [reference('Binary/1')] },
    'content',
    [{ pReference: reference('Binary/1') }],
  ],
  [
    { resourceType: 'Task', requester: reference('Patient/1') },
    'requester',
    { agent: reference('Patient/1') },
  ],
  [{ resourceType: 'Binary', contentType: 'a/b', data: 'AAAA' }, 'content', 'AAAA'],
  [{ resourceType: 'RelatedPerson', relationship: [{ text: 'a' }] }, 'relationship', { text: 'a' }],
  [{ resourceType: 'Media', type: { coding: [{ code: 'image' }] } }, 'type', 'photo'],
])('%j has its %s', (resource, key, value) => {
  expect(imported(resource)[key]).toEqual(value);
});

test.each(listExamples())('what is STU3 already comes back as it was ($id)', ({ bundle }) => {
  const text = JSON.stringify(bundle, null, 3);
  expect(importR4(text)).toEqual({ text, changes: [], lines: [] });
});

test.each(['', '{', '[]', '"x"', '{"a": 1}', '{"resourceType": 3}', 'null'])('%j is left alone', (text) => {
  expect(importR4(text)).toEqual({ text, changes: [], lines: [] });
});

test('a hostile bundle is told of in bounds', () => {
  const resources = Array.from({ length: 500 }, () => ({
    resource: observation({ focus: ['x'.repeat(2000)] }),
  }));
  const { changes, lines } = importText({ resourceType: 'Bundle', type: 'batch', entry: resources });
  expect([changes.length, lines.length]).toEqual([100, 100]);
  expect(JSON.stringify(lines).length).toBeLessThan(100_000);
});

test('what is nested deeply does not become many times as long', () => {
  const nested = '['.repeat(900) + ']'.repeat(900);
  const text = `{"resourceType": "Bundle", "type": "searchset", "a": [${Array(50).fill(nested).join()}]}`;
  expect(importR4(text).text.length).toBeLessThan(4 * text.length);
});
