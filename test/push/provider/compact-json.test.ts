import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compactJson } from '../../../src/fhir/json/compact-json.js';

test('what has no decimals of its own comes out as JSON.stringify would write it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2, '\t'), (json, space) => {
      const value = JSON.parse(json);
      expect(compactJson(JSON.stringify(value, null, space))).toBe(JSON.stringify(value));
    }),
  );
});

test('decimals keep their digits, and strings their blanks, quotes and backslashes', () => {
  const written = '{ "value" : 78.40,\n "exact": 1.0e2, "text" : "a \\" b : \\\\" , "last": [ 1.50 ] }';
  expect(compactJson(written)).toBe('{"value":78.40,"exact":1.0e2,"text":"a \\" b : \\\\","last":[1.50]}');
});

test('a byte order mark stays behind', () => {
  expect(compactJson('\ufeff{ "a": 1 }')).toBe('{"a":1}');
});
