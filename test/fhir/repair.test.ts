import { describe, expect, test } from '@jest/globals';
import { checkText, listExamples, repairText } from '../../src/fhir/index.js';

const written = (id: string) =>
  JSON.stringify(listExamples().find((example) => example.id === id)?.bundle, null, 2);
const good = written('weight').replace('"value": 78.4,', '"value": 78.40,');
const goodTask = written('questionnaire');

function change(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
}
const errorsOf = (text: string) => checkText(text).problems.filter(({ severity }) => severity === 'error');

const effective = /"effectiveDateTime": "[^"]+"/;
const postedPatient = /,\s*"request": \{\s*"method": "POST",\s*"url": "Patient"\s*\}/;
const maskedNumber = /"_value": \{\s*"extension": \[\s*\{[^}]*"valueCode": "masked"\s*\}\s*\]\s*\}/;

test('the examples need no repair, and a good text is left as it is', () => {
  for (const text of [good, goodTask]) expect(repairText(text)).toEqual({ text, changes: [], lines: [] });
});

describe('each repair makes the problem go away and changes nothing else', () => {
  test.each<[string, string, string | RegExp, string, string | RegExp, string]>([
    ['a comma before ]', good, /\}\n {2}\]\n\}$/, '},\n  ]\n}', /,\n {2}\]\n\}$/, '\n  ]\n}'],
    ['a number in quotes', good, '"value": 78.40', '"value": "78.40"', '"value": "78.40"', '"value": 78.40'],
    ['a day first', good, effective, '"effectiveDateTime": "5-01-2026"', '5-01-2026', '2026-01-05'],
    ['a date with dots', good, effective, '"effectiveDateTime": "31.12.2025"', '31.12.2025', '2025-12-31'],
    [
      'a time after a blank',
      good,
      effective,
      '"effectiveDateTime": "05-01-2026 08:30+01:00"',
      '05-01-2026 08:30+01:00',
      '2026-01-05T08:30:00+01:00',
    ],
  ])('%s', (_what, from, place, broken, wrong, right) => {
    const spoilt = change(from, place, broken);
    expect(errorsOf(spoilt)).not.toEqual([]);
    const { text, changes, lines } = repairText(spoilt);
    expect(errorsOf(text)).toEqual([]);
    expect(text).toBe(change(spoilt, wrong, right));
    expect(changes).toHaveLength(1);
    const [line] = lines;
    expect(lines).toHaveLength(1);
    expect(line?.before).toBe(spoilt.split('\n')[(line?.line ?? 0) - 1]);
    expect(line?.after).toBe(text.split('\n')[(line?.line ?? 0) - 1]);
  });

  /** The value is compared, since these repairs write more than one token. */
  test.each<[string, string, (text: string) => string, RegExp]>([
    ['square brackets', good, (text) => withoutBrackets(text), /list/],
    ['a missing request', good, (text) => change(text, postedPatient, ''), /request/],
    [
      'a request without its url',
      good,
      (text) => change(text, /("method": "POST"),\s*"url": "Patient"/, '$1'),
      /request/,
    ],
  ])('%s', (_what, from, spoil, says) => {
    const spoilt = spoil(from);
    expect(errorsOf(spoilt)).not.toEqual([]);
    const { text, changes } = repairText(spoilt);
    expect(errorsOf(text)).toEqual([]);
    expect(JSON.parse(text)).toEqual(JSON.parse(from));
    expect(text).toContain('78.40');
    expect(changes).toMatchObject([{ message: expect.stringMatching(says), line: expect.any(Number) }]);
  });

  test('a citizen number in an identifier is masked', () => {
    const spoilt = change(good, maskedNumber, '"value": "123456782"');
    expect(errorsOf(spoilt)).toMatchObject([{ rule: 'bsn-identifier' }]);
    const { text, changes } = repairText(spoilt);
    expect(JSON.parse(text)).toEqual(JSON.parse(good));
    expect(text).not.toContain('123456782');
    expect(changes).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toContain('123456782');
  });

  test('an update without a fullUrl gets a urn:uuid:, the same one each time', () => {
    const spoilt = change(goodTask, /"fullUrl": "[^"]+",\s*(?="resource": \{\s*"resourceType": "Task")/, '');
    expect(errorsOf(spoilt)).toMatchObject([{ rule: 'put-full-url' }]);
    const { text } = repairText(spoilt);
    expect(errorsOf(text).filter(({ rule }) => rule === 'put-full-url')).toEqual([]);
    expect(text).toMatch(/"fullUrl": "urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/);
    expect(repairText(spoilt).text).toBe(text);
  });
});

/** The patient's first name as a thing of its own. */
function withoutBrackets(text: string): string {
  const bundle = JSON.parse(text);
  const [{ resource }] = bundle.entry;
  [resource.name] = resource.name;
  return JSON.stringify(bundle, null, 2).replace('"value": 78.4,', '"value": 78.40,');
}

test('several at once, in a text that was no JSON, in the language asked for', () => {
  let spoilt = change(good, '"value": 78.40', '"value": "78.40"');
  spoilt = change(spoilt, effective, '"effectiveDateTime": "31-12-2025"');
  spoilt = change(spoilt, /\}$/, ',}');
  const { text, changes } = repairText(spoilt, 'nl');
  expect(errorsOf(text)).toEqual([]);
  expect(changes.map(({ message }) => message).sort()).toEqual([
    expect.stringContaining('aanhalingstekens'),
    expect.stringContaining('datum'),
    expect.stringContaining('komma'),
  ]);
});

describe('what could mean two things stays as it is', () => {
  test.each<[string, string | RegExp, string]>([
    ['a date between slashes', effective, '"effectiveDateTime": "05/01/2026"'],
    ['a day that does not exist', effective, '"effectiveDateTime": "31-02-2026"'],
    ['a time without a zone', effective, '"effectiveDateTime": "05-01-2026 08:30"'],
    ['a number with a comma', '"value": 78.40', '"value": "78,40"'],
    ['two commas', '"type": "batch",', '"type": "batch",,'],
    ['a text without its end', '"type": "batch",', '"type": "batch,'],
  ])('%s', (_what, from, to) => {
    const spoilt = change(good, from, to);
    expect(repairText(spoilt)).toEqual({ text: spoilt, changes: [], lines: [] });
  });
});

test('a comma within a text is no comma before a bracket', () => {
  const text = change(good, /"text": "[^"]+"/, '"text": "a, } b,]"');
  expect(repairText(text).text).toBe(text);
});

test('a text of half a million commas takes a time that grows with it, and its answer stays short', () => {
  const many = `[${'[1,],'.repeat(500_000)}1]`;
  const { text, changes, lines } = repairText(many);
  expect(text).toBe(`[${'[1],'.repeat(500_000)}1]`);
  expect([changes.length, lines.length]).toEqual([100, 1]);
  expect(JSON.stringify(lines).length).toBeLessThan(1000);
});
