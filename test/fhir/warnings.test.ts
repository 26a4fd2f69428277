import { describe, expect, test } from '@jest/globals';
import { type Change, checkChanged, OBSERVATION, testBrokenRules, UUID } from './broken-rules.js';

const ABSENT = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }];

describe('what is worth a second look', () => {
  testBrokenRules('warning', [
    [
      'a POST with an id',
      'weight',
      [
        [`${OBSERVATION}.id`, 'mine'],
        ['entry.1.fullUrl', undefined],
      ],
      'entry[1].resource.id',
      /leaves the id/,
    ],
    [
      'a POST with an address',
      'weight',
      [['entry.1.fullUrl', `https://phr.example/fhir/Observation/1`]],
      'entry[1].fullUrl',
      /better urn:uuid:/,
    ],
    [
      'a urn that no entry has',
      'weight',
      [[`${OBSERVATION}.subject.reference`, UUID]],
      'entry[1].resource.subject.reference',
      /no entry/,
    ],
    [
      'a url that is not relative',
      'weight',
      [['entry.1.request.url', 'https://phr.example/fhir/Observation']],
      'entry[1].request.url',
      /relative/,
    ],
    ['measurements as a transaction', 'weight', [['type', 'transaction']], 'type', /usually sent as a batch/],
    [
      'a document without manifest',
      'document',
      [
        [
          'entry.1.resource',
          { resourceType: 'Organization', name: 'x', meta: { profile: ['http://a.example'] } },
        ],
        ['entry.1.request.url', 'Organization'],
      ],
      'entry',
      /DocumentManifest/,
    ],
    [
      'a task that is posted',
      'questionnaire',
      [
        ['entry.0.request', { method: 'POST', url: 'Task' }],
        ['entry.0.resource.id', undefined],
        ['entry.0.fullUrl', UUID],
      ],
      'entry[0].request.method',
      /by PUT/,
    ],
    [
      'a task that is not completed',
      'questionnaire',
      [['entry.0.resource.status', 'draft']],
      'entry[0].resource.status',
      /completed/,
    ],
    [
      'a task whose output is elsewhere',
      'questionnaire',
      [['entry.0.resource.output', undefined]],
      'entry[0].resource.output',
      /output/,
    ],
    [
      'a contained resource nobody here knows',
      'weight',
      [
        [`${OBSERVATION}.specimen`, { reference: '#s', display: 'x' }],
        [`${OBSERVATION}.contained`, [{ resourceType: 'Specimen', id: 's' }]],
      ],
      'entry[1].resource.contained[0]',
      /not checked/,
    ],
  ]);
});

describe('what the rules allow', () => {
  test.each<[string, string, Change[]]>([
    [
      'a reference whose display is absent for a reason',
      'weight',
      [
        [`${OBSERVATION}.subject.display`, undefined],
        [`${OBSERVATION}.subject._display`, { extension: ABSENT }],
      ],
    ],
    [
      'a reference that is absent for a reason',
      'weight',
      [[`${OBSERVATION}.subject`, { extension: ABSENT }]],
    ],
    [
      'an identifier with a type in place of a system',
      'blood-pressure',
      [[`${OBSERVATION}.identifier.0`, { type: { text: 'journal' }, value: '1' }]],
    ],
    ['a concept with a display and no text', 'weight', [[`${OBSERVATION}.code.text`, undefined]]],
    [
      'a reference into the resource of an entry',
      'weight',
      [
        ['entry.0.fullUrl', UUID],
        ['entry.1.resource.performer', undefined],
        [`${OBSERVATION}.subject.reference`, `${UUID}#part`],
      ],
    ],
    ['a POST without fullUrl', 'weight', [['entry.1.fullUrl', undefined]]],
    [
      'a measurement that failed, with its reason',
      'weight',
      [
        [`${OBSERVATION}.valueQuantity`, undefined],
        [`${OBSERVATION}.dataAbsentReason`, { text: 'error' }],
      ],
    ],
    [
      'a status that is absent for a reason',
      'weight',
      [
        [`${OBSERVATION}.status`, undefined],
        [`${OBSERVATION}._status`, { extension: ABSENT }],
      ],
    ],
    [
      'a period whose ends differ in precision',
      'weight',
      [['entry.0.resource.name.0.period', { start: '2020-03-15', end: '2020' }]],
    ],
  ])('%s', (_rule, example, changes) => {
    expect(checkChanged(example, changes)).toEqual([]);
  });
});
