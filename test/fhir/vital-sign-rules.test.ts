import { describe } from '@jest/globals';
import { OBSERVATION, testBrokenRules } from './broken-rules.js';

describe('vital signs', () => {
  testBrokenRules('error', [
    [
      'a vital sign without category',
      'weight',
      [[`${OBSERVATION}.category`, undefined]],
      'entry[1].resource.category',
      /category/,
    ],
    [
      'a vital sign without time',
      'weight',
      [[`${OBSERVATION}.effectiveDateTime`, undefined]],
      'entry[1].resource.effectiveDateTime',
      /time/,
    ],
    [
      'a weight without quantity',
      'weight',
      [[`${OBSERVATION}.valueQuantity`, undefined]],
      'entry[1].resource.valueQuantity',
      /quantity/,
    ],
    [
      'a weight without value',
      'weight',
      [[`${OBSERVATION}.valueQuantity.value`, undefined]],
      'entry[1].resource.valueQuantity.value',
      /value/,
    ],
    [
      'a weight without unit',
      'weight',
      [[`${OBSERVATION}.valueQuantity.unit`, undefined]],
      'entry[1].resource.valueQuantity.unit',
      /unit/,
    ],
    [
      'a weight without unit code',
      'weight',
      [[`${OBSERVATION}.valueQuantity.code`, undefined]],
      'entry[1].resource.valueQuantity.code',
      /code/,
    ],
    [
      'a weight in units of another system',
      'weight',
      [[`${OBSERVATION}.valueQuantity.system`, 'http://units.example']],
      'entry[1].resource.valueQuantity.system',
      /unitsofmeasure/,
    ],
    [
      'a blood pressure with another code',
      'blood-pressure',
      [[`${OBSERVATION}.code.coding.0.code`, '29463-7']],
      'entry[1].resource.code',
      /85354-9/,
    ],
    [
      'a blood pressure without diastolic component',
      'blood-pressure',
      [[`${OBSERVATION}.component.1`, { code: { text: 'x' }, valueString: 'x' }]],
      'entry[1].resource.component',
      /diastolic/,
    ],
    [
      'a blood pressure in kilopascals',
      'blood-pressure',
      [[`${OBSERVATION}.component.0.valueQuantity.code`, 'kPa']],
      'entry[1].resource.component[0].valueQuantity.code',
      /mm\[Hg\]/,
    ],
    [
      'a vital sign that is no Observation',
      'weight',
      [['entry.0.resource.meta.profile.0', 'http://nictiz.nl/fhir/StructureDefinition/zib-HeartRate']],
      'entry[0].resource.resourceType',
      /Observation/,
    ],
  ]);
});
