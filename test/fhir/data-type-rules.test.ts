import { describe } from '@jest/globals';
import { OBSERVATION, testBrokenRules } from './broken-rules.js';

describe("FHIR's own rules that join two elements", () => {
  testBrokenRules('error', [
    [
      'qty-3: a unit code without system',
      'questionnaire',
      [['entry.1.resource.item.1.item.0.answer.0.valueQuantity.system', undefined]],
      'entry[1].resource.item[1].item[0].answer[0].valueQuantity.system',
      /system/,
    ],
    [
      'att-1: data without content type',
      'document',
      [['entry.2.resource.content.0.attachment', { data: 'QUJD' }]],
      'entry[2].resource.content[0].attachment.contentType',
      /contentType/,
    ],
    [
      'cpt-2: a telephone number without system',
      'weight',
      [['entry.0.resource.telecom', [{ value: '06' }]]],
      'entry[0].resource.telecom[0].system',
      /phone/,
    ],
    [
      'per-1: a period that runs backward',
      'weight',
      [['entry.0.resource.name.0.period', { start: '2020-03', end: '2019-12-31' }]],
      'entry[0].resource.name[0].period.end',
      /before/,
    ],
    [
      'obs-6: a value and a reason for none',
      'weight',
      [[`${OBSERVATION}.dataAbsentReason`, { text: 'none' }]],
      'entry[1].resource.dataAbsentReason',
      /no value/,
    ],
    [
      'ref-1: a local reference to nothing',
      'weight',
      [[`${OBSERVATION}.subject.reference`, '#p']],
      'entry[1].resource.subject.reference',
      /contained/,
    ],
    [
      'dom-2: a contained resource that contains',
      'weight',
      [
        [`${OBSERVATION}.device`, { reference: '#d', display: 'scales' }],
        [
          `${OBSERVATION}.contained`,
          [{ resourceType: 'Device', id: 'd', contained: [{ resourceType: 'Device', id: 'x' }] }],
        ],
      ],
      'entry[1].resource.contained[0].contained',
      /further/,
    ],
    [
      'ext-1: an extension with nothing',
      'weight',
      [[`${OBSERVATION}.extension`, [{ url: 'http://a.example' }]]],
      'entry[1].resource.extension[0].value[x]',
      /value\[x\]/,
    ],
  ]);
});
