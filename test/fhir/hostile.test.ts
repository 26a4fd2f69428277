import { describe, expect, test } from '@jest/globals';
import { checkBundle, importR4, questionnaireForm } from '../../src/fhir/index.js';

const patient = (fields: object) => ({
  resourceType: 'Bundle',
  type: 'batch',
  entry: [
    {
      resource: { resourceType: 'Patient', meta: { profile: ['http://a.example'] }, ...fields },
      request: { method: 'POST', url: 'Patient' },
    },
  ],
});

function nested(depth: number): unknown {
  let value: unknown = { url: 'http://a.example', valueString: 'x' };
  for (let level = 0; level < depth; level++) value = { url: 'http://a.example', extension: [value] };
  return value;
}

describe('a hostile value is refused, never thrown at', () => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'Bundle'],
    ['a list', []],
    ['a function', () => 1],
    ['a bigint', 10n],
    ['a type that is an object', { resourceType: {} }],
    ['an entry that is undefined', { resourceType: 'Bundle', type: 'batch', entry: undefined }],
    ['infinity', patient({ multipleBirthInteger: Number.POSITIVE_INFINITY })],
  ])('%s', (_what, value) => {
    expect(checkBundle(value).problems.map(({ severity }) => severity)).toContain('error');
  });

  test.each(['constructor', 'toString', '__proto__'])(
    '%s as a code system, a type or a kind is nothing special',
    (name) => {
      const profile = ['http://nictiz.nl/fhir/StructureDefinition/zib-BodyWeight'];
      const coding = [{ system: name, code: 'includes', display: 'x' }];
      const resource = { resourceType: 'Observation', meta: { profile }, status: 'final', code: { coding } };
      const value = {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ resource }, { resource: { resourceType: name } }],
      };
      const { problems } = checkBundle(value);
      expect(problems.map(({ rule }) => rule)).toContain('coding-system-form');
      expect(importR4(JSON.stringify(value)).text).toContain(name);
      const item = [{ linkId: '1', type: name, text: 'x' }];
      expect(questionnaireForm({ resourceType: 'Questionnaire', item })?.fields[0]).toMatchObject({
        kind: 'heading',
      });
    },
  );

  test('names of the prototype are unknown elements, and pollute nothing', () => {
    const bundle: unknown = JSON.parse(
      '{"resourceType":"Bundle","type":"batch","__proto__":{"polluted":1},"entry":[{"constructor":1,"resource":{"resourceType":"Patient","meta":{"profile":["http://a.example"]},"__proto__":{"resourceType":"Patient"},"toString":"x"},"request":{"method":"POST","url":"Patient"}}]}',
    );
    const { problems } = checkBundle(bundle);
    expect(problems.map(({ path }) => path).sort()).toEqual([
      '__proto__',
      'entry[0].constructor',
      'entry[0].resource.__proto__',
      'entry[0].resource.toString',
    ]);
    expect({}).not.toHaveProperty('polluted');
  });

  test('depth is refused from 100 levels on, however deep', () => {
    expect(checkBundle(patient({ extension: [nested(40)] })).problems).toEqual([]);
    for (const depth of [60, 10_000]) {
      const { problems } = checkBundle(patient({ extension: [nested(depth)] }));
      expect(problems).toMatchObject([
        {
          path: expect.stringContaining('entry[0]'),
          message: expect.stringContaining('too deeply'),
          severity: 'error',
        },
      ]);
    }
    const cycle: Record<string, unknown> = { resourceType: 'Bundle' };
    cycle.entry = [cycle];
    expect(checkBundle(cycle).problems).toHaveLength(1);
  });

  test('more than half a million values are refused without a closer look', () => {
    const { problems } = checkBundle({
      resourceType: 'Bundle',
      type: 'batch',
      entry: Array(500_001).fill(0),
    });
    expect(problems).toMatchObject([
      { path: expect.any(String), message: expect.stringContaining('too much to check'), severity: 'error' },
    ]);
  });

  // Ajv's own bookkeeping took minutes for this one; waiting for the next turn lets the test's own time limit strike.
  test('hundreds of thousands of errors are as bounded as one', async () => {
    const { problems } = checkBundle({
      resourceType: 'Bundle',
      type: 'batch',
      entry: Array(400_000).fill({}),
    });
    expect(problems).toHaveLength(51);
    expect(problems.at(-1)?.message).toMatch(/^and at least \d+ more problems$/);
    await new Promise((resolve) => setTimeout(resolve, 1));
  });

  test.each<[string, object]>([
    ['spaces', { language: `${' '.repeat(1_000_000)}x` }],
    ['digits', { birthDate: '1'.repeat(1_000_000) }],
    ['fractions', { deceasedDateTime: '2024-03-15T08:30:00.'.padEnd(1_000_000, '0') }],
    [
      'tags',
      {
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml">${'<a '.repeat(300_000)}`,
        },
      },
    ],
    [
      'attributes',
      {
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml"${' a="b"'.repeat(150_000)}${' '.repeat(90_000)}`,
        },
      },
    ],
    ['base64', { photo: [{ contentType: 'image/png', data: `${'    '.repeat(250_000)}=` }] }],
  ])('a megabyte of %s is refused like a short one', (_what, fields) => {
    expect(checkBundle(patient(fields)).problems).toHaveLength(1);
  });
});
