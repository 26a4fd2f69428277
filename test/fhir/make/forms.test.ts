import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type BundleForm,
  bundleForms,
  checkBundle,
  type FormField,
  type FormInput,
  questionnaireForm,
} from '../../../src/fhir/index.js';
import { sampleQuestionnaire } from './sample-questionnaire.js';

const now = new Date('2024-06-01T12:00:00Z');
const pdf = { name: 'a.pdf', content: Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64') };
const context = () => ({ newId: randomUUID, now, file: pdf });
const asked = questionnaireForm(sampleQuestionnaire) as BundleForm;
const forms = [...bundleForms, asked];

/** Words of any script; without digits, which could be a citizen number. */
const words = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .map((text) => text.replace(/(?![\n\t])[\p{Cc}\p{Cs}\p{N}%\ufffd]/gu, '').trim() || 'x');
const day = fc
  .date({ min: new Date('1900-01-01'), max: now, noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));

function legalValue(field: FormField): fc.Arbitrary<string | string[]> {
  const { kind, min = -1000, max = 1000, decimals = 0, choices = [] } = field;
  switch (kind) {
    case 'number': {
      const scale = 10 ** decimals;
      const lowest = Math.max(Math.ceil(min * scale), -(2 ** 31));
      const highest = Math.min(Math.floor(max * scale), 2 ** 31 - 1);
      return fc.integer({ min: lowest, max: highest }).map((value) => (value / scale).toFixed(decimals));
    }
    case 'date':
      return day;
    case 'time':
      return time;
    case 'moment':
      return fc.tuple(day, time).map((parts) => parts.join('T'));
    case 'choice':
      return fc.constantFrom(...choices.map(({ value }) => value));
    case 'choices':
      return fc.subarray(choices.map(({ value }) => value));
    case 'text':
      return field.label === 'Waar te lezen' ? fc.webUrl().map((url) => url.replace(/\d/g, 'a')) : words;
    default:
      return words;
  }
}

function legalInput({ id, fields }: BundleForm): fc.Arbitrary<FormInput> {
  const given = fields.filter(({ kind }) => kind !== 'heading' && kind !== 'file');
  const values = given.map((field) =>
    field.required ? legalValue(field) : fc.option(legalValue(field), { nil: '' }),
  );
  const zone = fc.constantFrom('Europe/Amsterdam', 'America/St_Johns', 'Pacific/Kiritimati', 'UTC', 'x');
  return fc.tuple(zone, ...values).map(([zone, ...all]) => {
    const input = Object.fromEntries(given.map(({ name }, index) => [name, all[index]]));
    const pressures = [Number(input.systolic), Number(input.diastolic)].sort((a, b) => b - a);
    const ordered = { systolic: String(pressures[0]), diastolic: String(pressures[1]) };
    return { zone, ...input, ...(id === 'blood-pressure' && ordered) } as FormInput;
  });
}

/** The value at a path as `entry[1].resource.status`. */
function valueAt(bundle: unknown, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], bundle);
}

describe.each(forms.map((form) => ({ form, id: form.id })))('the form for $id', ({ form }) => {
  test('makes of any legal input a bundle without even a remark, and tells where each value went', () => {
    fc.assert(
      fc.property(legalInput(form), (input) => {
        const { bundle, places, problems } = form.make(input, context());
        expect(problems).toEqual([]);
        expect(checkBundle(bundle)).toEqual({ problems: [] });
        for (const { name, kind } of form.fields) {
          const value = input[name];
          if (kind === 'heading' || kind === 'file' || value === undefined || value.length === 0) continue;
          expect(places[name]?.length).toBeGreaterThan(0);
        }
        for (const path of Object.values(places).flat()) expect(valueAt(bundle, path)).toBeDefined();
      }),
      { numRuns: 40 },
    );
  });

  test('says of each field that is needed when it is missing, and leaves it out of the bundle', () => {
    const { bundle, problems } = form.make({}, { newId: randomUUID, now });
    const needed = form.fields.filter(({ required }) => required).map(({ name }) => name);
    expect(problems.map(({ field }) => field).sort()).toEqual(needed.sort());
    expect(bundle).toMatchObject({ resourceType: 'Bundle' });
    expect(JSON.stringify(bundle)).not.toMatch(/null|undefined|NaN|\{\}|\[\]/);
  });

  test('takes no value that is not one', () => {
    const wrong = Object.fromEntries(form.fields.map(({ name }) => [name, '\u0001']));
    const { problems } = form.make({ ...wrong, zone: 'x' }, { newId: randomUUID, now });
    const fields = form.fields.filter(({ kind }) => kind !== 'heading').map(({ name }) => name);
    expect(problems.map(({ field }) => field).sort()).toEqual(fields.sort());
  });
});

const weight = bundleForms.find(({ id }) => id === 'weight') as BundleForm;
const person = { givenName: 'Noor', familyName: 'Zandstra' };
const weighed = { ...person, weight: '78,40', takenAt: '2024-03-14T07:42' };

test.each([
  ['2024-01-15T08:30', 'Europe/Amsterdam', '2024-01-15T08:30:00+01:00'],
  ['2024-05-15T08:30', 'Europe/Amsterdam', '2024-05-15T08:30:00+02:00'],
  ['2024-01-15T08:30', 'America/St_Johns', '2024-01-15T08:30:00-03:30'],
  ['2024-01-15T08:30', 'no zone', '2024-01-15T08:30:00+01:00'],
])('%s on the clocks of %s is %s', (takenAt, zone, expected) => {
  const { bundle } = weight.make({ ...weighed, takenAt, zone }, context());
  expect(valueAt(bundle, 'entry[1].resource.effectiveDateTime')).toBe(expected);
});

test.each([
  ['weight', '700', { problem: 'range', values: { min: 0.2, max: 650 } }],
  ['weight', 'heavy', { problem: 'number' }],
  ['weight', '78.1234', { problem: 'number' }],
  ['takenAt', '2024-02-30T08:00', { problem: 'date' }],
  ['takenAt', '2025-01-01T08:00', { problem: 'future' }],
  ['birthDate', '2999-01-01', { problem: 'future' }],
  ['gender', 'f', { problem: 'choice' }],
  ['givenName', 'x'.repeat(5001), { problem: 'text' }],
])('%s does not take %s', (field, value, problem) => {
  const { problems } = weight.make({ ...weighed, [field]: value }, context());
  expect(problems).toEqual([{ field, ...problem }]);
});

test('a name is not endless', () => {
  const { problems } = weight.make({ ...weighed, givenName: 'x'.repeat(5001) }, context());
  expect(problems).toEqual([{ field: 'givenName', problem: 'text' }]);
});

test('a lower pressure above the upper one is told', () => {
  const form = bundleForms.find(({ id }) => id === 'blood-pressure') as BundleForm;
  const { problems } = form.make({ ...weighed, systolic: '80', diastolic: '120' }, context());
  expect(problems).toEqual([{ field: 'diastolic', problem: 'below', values: { max: 80 } }]);
});

test('a file that is no PDF is told', () => {
  const form = bundleForms.find(({ id }) => id === 'document') as BundleForm;
  const file = { name: 'a.pdf', content: Buffer.from('hello').toString('base64') };
  const input = { ...person, documentTitle: 'x', writtenAt: '2024-03-14T07:42' };
  const { problems } = form.make(input, { newId: randomUUID, now, file });
  expect(problems).toEqual([{ field: 'file', problem: 'pdf' }]);
});

test('a question below an answer stands within the answer, and one without stands alone', () => {
  const answered = { ...person, q1: 'true', q2: 'Links' };
  const { bundle } = asked.make(answered, context());
  expect(valueAt(bundle, 'entry[2].resource.item[0].item[0].answer[0].item[0].linkId')).toBe('1.1.1');
});

test.each([
  ['no Questionnaire', { resourceType: 'Patient' }],
  ['a questionnaire without questions', { resourceType: 'Questionnaire', status: 'active' }],
  [
    '201 questions',
    {
      resourceType: 'Questionnaire',
      item: Array.from({ length: 201 }, (_, at) => ({ linkId: `${at}`, type: 'string' })),
    },
  ],
  ['text', 'Questionnaire'],
])('%s makes no form', (_what, definition) => {
  expect(questionnaireForm(definition)).toBeUndefined();
});
