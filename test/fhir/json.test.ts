import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkBundle, checkText, locatePathsInJson, parseJsonWithPosition } from '../../src/fhir/index.js';
import { exampleBundle, put } from './edit-bundle.js';

describe('parsing with positions', () => {
  test.each<[what: string, text: string, line: number, column: number, message: RegExp]>([
    ['nothing', '  ', 1, 1, /empty/],
    [
      'a missing comma',
      '{\n  "a": 1\n  "b": 2\n}',
      3,
      3,
      /expected a comma or }, found text in double quotes/,
    ],
    ['a trailing comma', '{\n  "a": 1,\n}', 2, 9, /this comma stands before }: remove it/],
    ['a trailing comma in a list', '[1,2,]', 1, 5, /this comma stands before \]/],
    ['single quotes', "{'a': 1}", 1, 2, /expected a name in double quotes, found a single quote/],
    ['a name without quotes', '{a: 1}', 1, 2, /expected a name in double quotes, found a/],
    ['a missing colon', '{"a" 1}', 1, 6, /expected a colon after the name, found 1/],
    ['a missing value', '{"a": }', 1, 7, /expected a value.*found }/],
    ['a word that is no value', '[True]', 1, 2, /expected a value.*found True/],
    ['NaN', '[NaN]', 1, 2, /found NaN/],
    ['a leading zero', '[01]', 1, 2, /expected a value/],
    ['a number that goes on', '[1.]', 1, 2, /expected a value/],
    ['a comment', '{ // x\n}', 1, 3, /found a comment/],
    ['text over two lines', '{"a": "x\n"}', 1, 7, /does not end/],
    ['a bad escape', '["\\x"]', 1, 3, /not an escape/],
    ['a tab in a text', '["\t"]', 1, 3, /control character/],
    ['a text that stops', '{\n "a": [1, {"b": 2}', 2, 19, /found the end of the text; the \[ of line 2/],
    ['something after the end', '{} {}', 1, 4, /expected the end of the text, found {/],
    ['the wrong bracket', '[1}', 1, 3, /expected a comma or \], found }/],
    ['a name that is there twice', '{"a": 1,\n "\\u0061": 2}', 2, 2, /"a" is there twice/],
    ['depth without end', '['.repeat(100_000), 1, 1001, /nested too deeply/],
  ])('tells %s with line and column', (_what, text, line, column, message) => {
    expect(checkText(text).problems).toMatchObject([
      { path: '', line, column, message: expect.stringMatching(message), severity: 'error' },
    ]);
  });

  test('gives what JSON.parse gives, for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (text, indent) => {
        const value: unknown = JSON.parse(text);
        const pretty = JSON.stringify(value, null, indent);
        expect(parseJsonWithPosition(pretty)).toEqual({ value: JSON.parse(pretty) });
      }),
    );
  });

  test('accepts and refuses as JSON.parse does, duplicate names aside, whatever is changed in a good text', () => {
    const good = JSON.stringify({ a: [1.5e3, -0, true, null, 'x\\y"z'], b: { c: [] } });
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(3),
        fc.constantFrom('', ',', '"', '}', '0', '\\'),
        (at, n, put) => {
          const text = good.slice(0, at) + put + good.slice(at + n);
          const mine = parseJsonWithPosition(text);
          if ('value' in mine) expect(mine.value).toEqual(JSON.parse(text));
          else if (mine.problem.rule !== 'json-duplicate-name')
            expect(() => JSON.parse(text)).toThrow(SyntaxError);
        },
      ),
    );
  });

  test('passes over a byte order mark, and keeps __proto__ an ordinary name', () => {
    expect(parseJsonWithPosition('\uFEFF{"a":1}')).toEqual({ value: { a: 1 } });
    const parsed = parseJsonWithPosition('{"__proto__":{"polluted":1}}');
    expect('value' in parsed && Object.keys(parsed.value as object)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('locating a path', () => {
  const text =
    '{\n  "entry": [\n    { "a": 1 },\n    {\n      "odd key": { "b": [true, false] }\n    }\n  ]\n}';

  test.each<[string, number, number]>([
    ['', 1, 1],
    ['entry', 2, 3],
    ['entry[0].a', 3, 7],
    ['entry[1]', 4, 5],
    ['entry[1]["odd key"].b', 5, 20],
    ['entry[1]["odd key"].b[1]', 5, 32],
    ['entry[1].missing.further', 4, 5],
    ['entry[7]', 2, 3],
  ])('finds %s', (path, line, column) => {
    expect(locatePathsInJson(text, [path]).get(path)).toEqual({ line, column });
  });

  test('finds nothing for a path it cannot read, nor beyond a fault of the text', () => {
    expect(locatePathsInJson(text, ['a..b'])).toEqual(new Map());
    const places = locatePathsInJson('{"a": 1, "b": }', ['a', 'c']);
    expect(places).toEqual(new Map([['a', { line: 1, column: 2 }]]));
  });

  test('leads from every problem of a bundle to its line, in one pass', () => {
    const bundle = put(exampleBundle('weight'), 'entry.1.resource.status', 'x');
    put(bundle, 'entry.1.resource.colour·', 'red');
    const source = JSON.stringify(bundle, null, 2);
    const paths = checkBundle(bundle).problems.map(({ path }) => path);
    const lines = [...locatePathsInJson(source, paths).values()].map(
      ({ line }) => source.split('\n')[line - 1],
    );
    expect(lines.map((line) => line?.trim())).toEqual(['"colour·": "red"', '"status": "x",']);
  });
});
