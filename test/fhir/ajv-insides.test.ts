import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';

// What `src/fhir/structure/check-structure.ts` relies on inside Ajv. This fails when an upgrade changes it; how long the
// check takes without it is in hostile.test.ts.

test('Ajv’s code joins the errors of nested objects with vErrors.concat(), where the bound on their number is put in', () => {
  let generated = '';
  const ajv = new Ajv({
    allErrors: true,
    inlineRefs: false,
    code: {
      optimize: false,
      process: (code) => {
        generated += code;
        return code.replaceAll('vErrors.concat(', 'vErrors.length > 3 ? vErrors : vErrors.concat(');
      },
    },
  });
  const validate = ajv.compile({
    type: 'array',
    items: { $ref: '#/$defs/entry' },
    $defs: { entry: { type: 'object', required: ['resource'] } },
  });
  expect(generated).toContain('vErrors.concat(');
  expect(validate(Array(100).fill({}))).toBe(false);
  expect(validate.errors).toHaveLength(4);
});
