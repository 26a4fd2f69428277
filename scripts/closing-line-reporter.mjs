import { writeFileSync } from 'node:fs';

/** How a test file ended: `broken` when its tests could not even be run. */
const fileOf = ({ testFilePath, testExecError, testResults }) => ({
  path: testFilePath,
  broken: testExecError === undefined || testExecError === null ? '' : String(testExecError.message),
  tests: testResults.map(({ fullName, status, failureMessages }) => ({
    name: fullName,
    status,
    message: failureMessages.join('\n'),
  })),
});

/**
 * Ends a run with one plain line that any CI can read. Where `TEST_OUTCOME_FILE` names a file the outcome is written
 * there instead, for who decides whether this was the whole run (`run-twice.mjs`).
 */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const files = results.testResults.map(fileOf);
    const { TEST_OUTCOME_FILE: outcomeFile } = process.env;
    if (outcomeFile === undefined) process.stdout.write(`\n${closingLine(files)}\n`);
    else writeFileSync(outcomeFile, JSON.stringify(files));
  }
}

export const failuresOf = ({ broken, tests }) =>
  tests.filter(({ status }) => status === 'failed').length + (broken === '' ? 0 : 1);

export function closingLine(files) {
  const count = (...statuses) =>
    files.flatMap(({ tests }) => tests).filter(({ status }) => statuses.includes(status)).length;
  const failed = files.reduce((sum, file) => sum + failuresOf(file), 0);
  const skipped = count('pending', 'todo', 'skipped', 'disabled');
  return [`${count('passed')} passed, ${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(
    ', ',
  );
}
