import { describe } from '@jest/globals';
import { OBSERVATION, testBrokenRules } from './broken-rules.js';

describe('what every resource holds: profile, words, identifiers', () => {
  testBrokenRules('error', [
    [
      'a resource without profile',
      'weight',
      [[`${OBSERVATION}.meta`, undefined]],
      'entry[1].resource.meta.profile',
      /profile/,
    ],
    [
      'a reference without display',
      'weight',
      [[`${OBSERVATION}.subject.display`, undefined]],
      'entry[1].resource.subject.display',
      /display/,
    ],
    [
      'a concept without words',
      'weight',
      [
        [`${OBSERVATION}.code.text`, undefined],
        [`${OBSERVATION}.code.coding.0.display`, undefined],
      ],
      'entry[1].resource.code',
      /words/,
    ],
    [
      'a coding without system',
      'weight',
      [[`${OBSERVATION}.code.coding.0.system`, undefined]],
      'entry[1].resource.code.coding[0].system',
      /needs system/,
    ],
    [
      'a coding without code',
      'weight',
      [[`${OBSERVATION}.code.coding.0.code`, undefined]],
      'entry[1].resource.code.coding[0].code',
      /needs code/,
    ],
    [
      'an identifier without value',
      'blood-pressure',
      [[`${OBSERVATION}.identifier.0.value`, undefined]],
      'entry[1].resource.identifier[0].value',
      /needs a value/,
    ],
    [
      'an identifier without system and type',
      'blood-pressure',
      [[`${OBSERVATION}.identifier.0.system`, undefined]],
      'entry[1].resource.identifier[0].system',
      /needs a system/,
    ],
    [
      'a citizen number in clear',
      'weight',
      [['entry.0.resource.identifier.0.value', '123456782']],
      'entry[0].resource.identifier[0].value',
      /must not be sent/,
    ],
    [
      'a citizen number in clear by its OID',
      'weight',
      [
        [
          'entry.0.resource.identifier.0',
          { system: 'urn:oid:2.16.840.1.113883.2.4.6.3', value: '123456782' },
        ],
      ],
      'entry[0].resource.identifier[0].value',
      /must not be sent/,
    ],
    [
      'a citizen number in a contained resource of another type',
      'weight',
      [
        [`${OBSERVATION}.specimen`, { reference: '#s', display: 'x' }],
        [
          `${OBSERVATION}.contained`,
          [
            {
              resourceType: 'Specimen',
              id: 's',
              identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '1' }],
            },
          ],
        ],
      ],
      'entry[1].resource.contained[0].identifier[0].value',
      /must not be sent/,
    ],
  ]);
});
