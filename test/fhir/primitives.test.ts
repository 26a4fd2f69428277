import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { makeSchema, readStructure } from '../../src/fhir/index.js';
import { checkStructure } from './check-resource.js';

const problemsOf = (key: string, value: unknown) =>
  checkStructure({ resourceType: 'Patient', extension: [{ url: 'http://a.example', [key]: value }] })
    .problems;

const good: Record<string, unknown[]> = {
  valueDate: ['2024-02-29', '2000-02-29', '2024-12-31', '2024-02', '2024', '0001-01-01'],
  valueDateTime: ['2024-03-15', '2024-03-15T08:30:00Z', '2024-03-15T23:59:59.123+14:00', '2024'],
  valueInstant: ['2024-03-15T08:30:00+01:00', '2015-02-07T13:28:17.239-05:00'],
  valueTime: ['00:00:00', '23:59:59.5'],
  valueId: ['a', 'A-1.b', 'x'.repeat(64)],
  valueCode: ['a', 'two words'],
  valueUri: ['http://loinc.org', 'urn:oid:1.2', 'Patient/1', '#p'],
  valueOid: ['urn:oid:2.16.840.1.113883', 'urn:oid:1.0.3166'],
  valueInteger: [0, -2147483648, 2147483647],
  valueUnsignedInt: [0, 2147483647],
  valuePositiveInt: [1],
  valueDecimal: [1.5, -0.001, 1e21],
  valueBoolean: [false],
  valueBase64Binary: ['QUJD', 'QUI=', 'QQ==', 'QUJD\r\nQUJD'],
  valueString: ['x', 'line\nline', '日本語'],
};

const bad: Record<string, unknown[]> = {
  valueDate: [
    '2019-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-00',
    '2024-13',
    '0000',
    '24-01-01',
    '2024-1-1',
    '2024-03-15T08:30:00Z',
    ' 2024',
  ],
  valueDateTime: [
    '2024-03-15T08:30',
    '2024-03-15T08:30:00',
    '2024-03-15T24:00:00Z',
    '2019-02-30T08:30:00Z',
    '2024-03-15T08:30:00+15:00',
    '2024-03-15 08:30:00Z',
  ],
  valueInstant: ['2024-03-15', '2024-03-15T08:30Z', '2019-02-30T00:00:00Z'],
  valueTime: ['24:00:00', '08:30', '08:60:00'],
  valueId: ['', 'a b', 'x'.repeat(65), 'ä'],
  valueCode: [' a', 'a ', 'two  words', 'tab\there'],
  valueUri: ['two words', ' http://a.example'],
  valueOid: ['2.16.840', 'urn:oid:3.1', 'urn:oid:2.', 'urn:oid:2.01'],
  valueInteger: [1.5, 2147483648, '1', null],
  valueUnsignedInt: [-1],
  valuePositiveInt: [0],
  valueDecimal: ['1.5'],
  valueBoolean: ['true', 0],
  valueBase64Binary: ['QUJ', 'QU=D', '====', 'QU_D'],
  valueString: ['', '  ', 'a\u0000b', 1, ['x']],
};

describe('the primitives of FHIR STU3', () => {
  test.each(Object.entries(good))('%s takes what the specification allows', (key, values) => {
    for (const value of values) expect([value, problemsOf(key, value)]).toEqual([value, []]);
  });

  test.each(Object.entries(bad))('%s refuses the rest, with one problem at its place', (key, values) => {
    for (const value of values) {
      expect([value, problemsOf(key, value).map(({ path }) => path)]).toEqual([
        value,
        [`extension[0].${key}`],
      ]);
    }
  });

  test.each<[string, boolean]>([
    ['<div xmlns="http://www.w3.org/1999/xhtml">Hi <b>you</b><br/></div>', true],
    ['<div xmlns="http://www.w3.org/1999/xhtml"><!-- note --><p>Hi</p></div>', true],
    ['<div xmlns="http://www.w3.org/1999/xhtml"><img src="#a" alt="x"/></div>', true],
    ['<div>Hi</div>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml"><p></p></div>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml"><b>Hi</div>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml"><b>Hi</i></div>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml">Hi', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml">Hi</div><div/>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml" onclick="x()">Hi</div>', false],
    ['<div xmlns="http://www.w3.org/1999/xhtml">Hi<script>x</script></div>', false],
    ['<p xmlns="http://www.w3.org/1999/xhtml">Hi</p>', false],
    ['Hi', false],
  ])('a narrative %s: %s', (div, accepted) => {
    const { problems } = checkStructure({ resourceType: 'Patient', text: { status: 'generated', div } });
    expect(problems.map(({ path }) => path)).toEqual(accepted ? [] : ['text.div']);
  });
});

test('the schema is plain data and valid JSON Schema', () => {
  const schema = makeSchema(readStructure());
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  expect(new Ajv({ strict: false }).validateSchema(schema)).toBe(true);
  expect(Object.keys(schema.definitions as object)).toEqual(
    expect.arrayContaining(['Patient', 'Observation.component', 'Quantity', 'dateTime', 'dateTime-or-null']),
  );
});
