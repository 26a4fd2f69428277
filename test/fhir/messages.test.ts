import { describe, expect, test } from '@jest/globals';
import { checkBundle } from '../../src/fhir/index.js';
import { exampleBundle, put } from './edit-bundle.js';

const OBS = 'entry.1.resource';
const at = (rest: string) => `entry[1].resource.${rest}`;

describe('a structural problem is told once, where it is and with what was expected', () => {
  test.each<[what: string, change: string, value: unknown, path: string, message: string | RegExp]>([
    [
      'a number in quotes',
      `${OBS}.valueQuantity.value`,
      '78',
      at('valueQuantity.value'),
      'expected a number, for example 120, without quotes',
    ],
    [
      'a misspelt element',
      `${OBS}.valueQuantiy`,
      { value: 1 },
      at('valueQuantiy'),
      "unknown element 'valueQuantiy'; did you mean valueQuantity?",
    ],
    [
      'a choice of a type it cannot have',
      `${OBS}.valueInteger`,
      3,
      at('valueInteger'),
      /value\[x\] can be: valueQuantity, /,
    ],
    ['an unknown element', `${OBS}.colour`, 'red', at('colour'), "unknown element 'colour'"],
    [
      'a code outside the set',
      `${OBS}.status`,
      'finl',
      at('status'),
      /^must be one of: registered, preliminary, final, .*\(did you mean final\?\)$/,
    ],
    ['a missing element', `${OBS}.status`, undefined, at('status'), "required, but missing: 'status'"],
    ['a missing object', `${OBS}.code`, undefined, at('code'), "required, but missing: 'code'"],
    [
      'a date that does not exist',
      `${OBS}.effectiveDateTime`,
      '2019-02-30',
      at('effectiveDateTime'),
      /^expected a date that exists/,
    ],
    [
      'a time without zone',
      `${OBS}.effectiveDateTime`,
      '2024-03-16T06:55:00',
      at('effectiveDateTime'),
      /zone/,
    ],
    [
      'one where a list belongs',
      `${OBS}.category`,
      { text: 'x' },
      at('category'),
      'expected a list: put it in square brackets [ ]',
    ],
    [
      'a list where one belongs',
      `${OBS}.subject`,
      [{ display: 'x' }],
      at('subject'),
      /without square brackets/,
    ],
    [
      'text where an object belongs',
      `${OBS}.subject`,
      'Noor',
      at('subject'),
      'expected an object in braces { }',
    ],
    ['an empty list', `${OBS}.performer`, [], at('performer'), /^empty list/],
    ['an empty object', `${OBS}.code`, {}, at('code'), /^empty object/],
    ['empty text', `${OBS}.comment`, '', at('comment'), /^empty text/],
    ['a second value', `${OBS}.valueString`, '78 kg', at('valueString'), /only one value/],
    [
      'a null in a list',
      'entry.0.resource.name.0.given',
      ['Ruben', null],
      'entry[0].resource.name[0].given',
      /null only where/,
    ],
    [
      'a resource type in the wrong case',
      `${OBS}.resourceType`,
      'observation',
      at('resourceType'),
      /Did you mean Observation\?/,
    ],
    [
      'no resource type',
      `${OBS}.resourceType`,
      undefined,
      at('resourceType'),
      /^required: resourceType, .*one of Binary/,
    ],
    [
      'a script in the narrative',
      `${OBS}.text`,
      { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>' },
      at('text.div'),
      /no scripts/,
    ],
    ['an empty object that needs several elements', `${OBS}.text`, {}, at('text'), /^empty object/],
    ['two letters swapped', `${OBS}.code.cdoing`, [], at('code.cdoing'), /did you mean coding\?$/],
    [
      'two letters swapped in a short name',
      'entry.0.resource.name.0.txet',
      'x',
      'entry[0].resource.name[0].txet',
      /did you mean text\?$/,
    ],
    [
      'a key that could be misread',
      `${OBS}.a.b[0]`.replace('.b[0]', '·b'),
      1,
      at('["a·b"]').replace('.[', '['),
      /unknown element/,
    ],
  ])('%s', (_what, change, value, path, message) => {
    const { problems } = checkBundle(put(exampleBundle('weight'), change, value));
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    expect(problems).toMatchObject([{ path, message: expected, severity: 'error' }]);
  });
});

test('a renamed element is one problem, not an unknown one and a missing one', () => {
  const bundle = exampleBundle('weight');
  put(bundle, `${OBS}.statis`, 'final');
  put(bundle, `${OBS}.status`, undefined);
  put(bundle, `${OBS}.subject`, { reference: 'Patient/1', dispaly: 'x' });
  expect(checkBundle(bundle).problems.map(({ path }) => path)).toEqual([at('statis'), at('subject.dispaly')]);
});

test('no message repeats what the bundle says', () => {
  const bundle = exampleBundle('weight');
  put(bundle, `${OBS}.status`, 'secret');
  put(bundle, `${OBS}.effectiveDateTime`, 'secret');
  put(bundle, 'entry.0.resource.identifier.0.value', 'secret');
  const { problems } = checkBundle(bundle);
  expect(problems).toHaveLength(3);
  expect(JSON.stringify(problems)).not.toContain('secret');
});

test('errors come before warnings, each by entry, and what goes beyond 50 is counted', () => {
  const entry = {
    resource: { resourceType: 'Patient', id: 'x' },
    request: { method: 'POST', url: 'Patient' },
  };
  const { problems } = checkBundle({ resourceType: 'Bundle', type: 'batch', entry: Array(60).fill(entry) });
  expect(problems).toHaveLength(51);
  expect(problems.slice(0, 3).map(({ path }) => path)).toEqual(
    [0, 1, 2].map((index) => `entry[${index}].resource.meta.profile`),
  );
  expect(problems.at(-1)).toMatchObject({ path: '', message: 'and 70 more problems', severity: 'error' });
  const few = checkBundle({ resourceType: 'Bundle', type: 'batch', entry: [entry, entry] }).problems;
  expect(few.map(({ severity }) => severity)).toEqual(['error', 'error', 'warning', 'warning']);
});
