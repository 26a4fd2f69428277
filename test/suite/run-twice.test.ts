import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'run-twice-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const steady = "test('a steady one', () => {});";
const broken = "test('a broken one', () => { throw new Error('always'); });";
/** Fails where it has not been before. */
const unsteady = `test('an unsteady one', () => {
  const { existsSync, writeFileSync } = require('node:fs');
  const isSecond = existsSync(__filename + '.ran');
  writeFileSync(__filename + '.ran', '');
  if (!isSecond) throw new Error('the file was still there');
});`;

/** Runs a project of these tests as CI runs this one. @returns its exit code, what it said, and how often jest ran */
function runTests(files: Record<string, string>) {
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  const config = {
    rootDir: folder,
    testMatch: ['**/*.test.cjs'],
    reporters: ['default', join(root, 'scripts/closing-line-reporter.mjs')],
  };
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--config', JSON.stringify(config)];
  const program = `
    import { runTwice } from ${JSON.stringify(pathToFileURL(join(root, 'scripts/run-twice.mjs')).href)};
    process.exit(await runTwice(${JSON.stringify(jest)}, [], { cwd: ${JSON.stringify(folder)}, env: process.env }));`;
  return new Promise<{ code: number; said: string; runs: number }>((resolve) => {
    const words = ['--input-type=module', '--eval', program];
    execFile(process.execPath, words, { cwd: folder }, (error, stdout, stderr) => {
      const said = stdout + stderr;
      resolve({ code: Number(error?.code ?? 0), said, runs: said.match(/^Time: /gm)?.length ?? 0 });
    });
  });
}

/** The last line of all, without jest's own summary behind it. */
const closingLines = (said: string) => said.match(/^\d+ passed, .*$/gm);

test('what fails and passes when it is run once more is named with its message, and the run passes', async () => {
  const { code, said, runs } = await runTests({
    'test/a.test.cjs': unsteady + steady,
    'test/b.test.cjs': steady,
  });
  expect({ code, runs }).toEqual({ code: 0, runs: 2 });
  expect(said).toMatch(
    /UNSTEADY \(1\): .*\n {2}test\/a\.test\.cjs › an unsteady one\n +Error: the file was still there/,
  );
  expect(said).not.toContain('› a steady one');
  expect(closingLines(said)).toEqual(['3 passed, 0 failed']);
});

test('what fails again fails the run, and counts as failed', async () => {
  const { code, said, runs } = await runTests({
    'test/a.test.cjs': unsteady + broken,
    'test/b.test.cjs': steady,
  });
  expect({ code, runs }).toEqual({ code: 1, runs: 2 });
  expect(said).toContain('› an unsteady one');
  expect(closingLines(said)).toEqual(['2 passed, 1 failed']);
});

test.each([
  ['looks for what is lost', { 'test/faults/random-kills.test.cjs': unsteady }, '0 passed, 1 failed'],
  [
    'draws its cases by chance',
    { 'test/a.test.cjs': `// import fc from 'fast-check'\n${unsteady}` },
    '0 passed, 1 failed',
  ],
  [
    'is one of many',
    Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`test/${n}.test.cjs`, unsteady])),
    '0 passed, 6 failed',
  ],
])('a file that %s is not run again', async (_what, files, line) => {
  const { code, said, runs } = await runTests(files);
  expect({ code, runs }).toEqual({ code: 1, runs: 1 });
  expect(closingLines(said)).toEqual([line]);
});

test('a file that cannot be run at all is a failure, and all that passes is one run', async () => {
  const cannot = await runTests({ 'test/a.test.cjs': 'not JavaScript at all', 'test/b.test.cjs': steady });
  expect(cannot.code).toBe(1);
  expect(closingLines(cannot.said)).toEqual(['1 passed, 1 failed']);
  rmSync(join(folder, 'test/a.test.cjs'));
  const passed = await runTests({});
  expect({ code: passed.code, runs: passed.runs }).toEqual({ code: 0, runs: 1 });
  expect(closingLines(passed.said)).toEqual(['1 passed, 0 failed']);
});
