import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { closingLine, failuresOf } from './closing-line-reporter.mjs';
import { runCommand } from './run-command.mjs';

/** With more than so many failed files it is not a test that is unsteady. */
const fewFiles = 5;

/**
 * Files that are never run a second time: they kill, cut and damage at moments and places drawn by chance and look for what
 * is lost or doubled, and a second run would only find a luckier draw.
 */
const onceOnly = [
  /^test\/faults\/(instances-come-and-go|object-storage|process-dies|random-kills|two-processes)\.test/,
  /^test\/push\/intake\/damaged-bodies\.test/,
];

/** Cases that are drawn by chance are others in a second run. */
const isDrawnByChance = (path) => readFileSync(path, 'utf8').includes("from 'fast-check'");

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * Runs jest as a CI should: when a few files fail that may be run again, exactly these are run once more, alone. What
 * passes then was unsteady and is named as loudly as a failure, with its message, but the run passes. The closing line
 * tells the outcome after that.
 * @param {string[]} jest the arguments for Node that run jest
 * @param {string[]} chosen what jest was asked for
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} the exit code
 */
export async function runTwice(jest, chosen, { cwd, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'test-outcome-'));
  try {
    const run = async (name, more) => {
      const outcomeFile = join(folder, name);
      const outcome = { ...env, TEST_OUTCOME_FILE: outcomeFile };
      const code = await runCommand(process.execPath, [...jest, ...more], { cwd, env: outcome });
      return { code, files: existsSync(outcomeFile) ? JSON.parse(readFileSync(outcomeFile, 'utf8')) : [] };
    };
    const first = await run('first.json', chosen);
    const failed = first.files.filter((file) => failuresOf(file) > 0);
    const nameOf = ({ path }) => relative(cwd, path).replaceAll('\\', '/');
    const again = failed.filter(
      (file) => !onceOnly.some((once) => once.test(nameOf(file))) && !isDrawnByChance(file.path),
    );
    if (failed.length === 0 || failed.length > fewFiles || again.length < failed.length)
      return end(first.code, first.files);

    say(`Once more, alone, what failed:\n${failed.map((file) => `  ${nameOf(file)}`).join('\n')}`);
    const second = await run('second.json', ['--runInBand', ...again.map(({ path }) => `${escaped(path)}$`)]);
    const replaced = new Map(second.files.map((file) => [file.path, file]));
    const unsteady = failed.flatMap((file) => unsteadyIn(file, replaced.get(file.path), nameOf(file)));
    if (unsteady.length > 0)
      say(
        `UNSTEADY (${unsteady.length}): failed, and passed when run once more by itself. Each is a fault of the test or of the app.\n${unsteady.join('\n')}`,
      );
    const files = first.files.map((file) => replaced.get(file.path) ?? file);
    return end(second.code, files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What failed in the first run of a file and passed in its second, each with what was said of it. */
function unsteadyIn(first, second, name) {
  if (second === undefined || second.broken !== '') return [];
  const passed = new Set(second.tests.filter(({ status }) => status === 'passed').map((test) => test.name));
  const told = (what, message) => `  ${name} › ${what}\n${message.trim().replace(/^/gm, '      ')}`;
  return [
    ...(first.broken === '' ? [] : [told('the whole file', first.broken)]),
    ...first.tests
      .filter(({ status, name: test }) => status === 'failed' && passed.has(test))
      .map(({ name: test, message }) => told(test, message)),
  ];
}

function end(code, files) {
  const failed = files.some((file) => failuresOf(file) > 0);
  if (files.length > 0) say(closingLine(files));
  // Jest also fails for other reasons than a test, such as having found none.
  return failed ? code || 1 : code;
}

const say = (text) => void process.stdout.write(`\n${text}\n`);
