import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkBundleCommand } from '../../src/fhir/index.js';
import { exampleBundle, put } from './edit-bundle.js';

let folder: string;
let good: string;
let bad: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-bundle-'));
  good = join(folder, 'good.json');
  bad = join(folder, 'bad.json');
  writeFileSync(good, JSON.stringify(exampleBundle('weight'), null, 2));
  writeFileSync(
    bad,
    JSON.stringify(put(exampleBundle('weight'), 'entry.1.resource.status', 'done'), null, 2),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { code: number; out: string } {
  let out = '';
  const code = checkBundleCommand(args, (text) => {
    out += text;
  });
  return { code, out };
}

test('a good bundle ends with 0', () => {
  expect(run(good)).toEqual({ code: 0, out: `${good}: ok\n` });
});

test('a bad one ends with 1, each problem as file:line:column', () => {
  const { code, out } = run(good, bad);
  expect(code).toBe(1);
  expect(out).toMatch(
    /bad\.json:\d+:\d+: error: must be one of: .* \[code-set.*\] entry\[1\]\.resource\.status\n$/,
  );
});

test('as JSON', () => {
  const { out } = run('--format', 'json', '--language', 'nl', bad);
  expect(JSON.parse(out)).toMatchObject([
    {
      file: bad,
      problems: [{ path: 'entry[1].resource.status', message: expect.stringContaining('moet één') }],
    },
  ]);
});

test('as SARIF 2.1.0, with the rule and the line', () => {
  const { out } = run('--format', 'sarif', bad);
  const [one] = JSON.parse(out).runs;
  expect(one.results).toHaveLength(1);
  expect(one.results[0]).toMatchObject({
    ruleId: expect.stringContaining('code-set'),
    level: 'error',
    locations: [{ physicalLocation: { region: { startLine: expect.any(Number), startColumn: 9 } } }],
  });
  expect(one.tool.driver.rules[0].helpUri).toContain('hl7.org');
});

test('a file that is not UTF-8 is told as such', () => {
  const latin = join(folder, 'latin.json');
  writeFileSync(latin, Buffer.from('{"text":"Zoë"}', 'latin1'));
  expect(run(latin)).toEqual({ code: 1, out: expect.stringContaining('byte 11 ') });
});

test.each([[[]], [['--format', 'xml', 'x']], [['/no/such/file.json']], [['--what']]])(
  '%j ends with 2',
  (args) => {
    expect(run(...args).code).toBe(2);
  },
);

test('a file of R4 is turned into STU3 first, and kept where --output says', () => {
  const r4 = join(folder, 'r4.json');
  const output = join(folder, 'stu3.json');
  const bundle = exampleBundle('weight');
  writeFileSync(r4, JSON.stringify(put(bundle, 'entry.1.resource.note', [{ text: 'x' }]), null, 2));
  put(bundle, 'entry.1.resource.comment', undefined);
  writeFileSync(r4, JSON.stringify(bundle, null, 2));
  expect(run(r4).code).toBe(1);
  const { code, out } = run('--from', 'r4', '--output', output, r4);
  expect(code).toBe(0);
  expect(out).toMatch(
    /r4\.json:\d+: changed: note is called comment in STU3 entry\[1\]\.resource\.note\n.*: ok\n$/,
  );
  expect(run(output)).toEqual({ code: 0, out: `${output}: ok\n` });
  expect(JSON.parse(run('--from', 'r4', '--format', 'json', r4).out)[0].converted.changes).toHaveLength(1);
});

test.each([
  ['--from', 'r5'],
  ['--output', 'x.json'],
])('%s %s is refused', (...args) => {
  expect(run(...args, good)).toMatchObject({ code: 2, out: expect.stringContaining('Usage:') });
});
