import { availableParallelism } from 'node:os';

const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^fast-check$': '<rootDir>/test/support/seeded-fast-check.mjs',
  },
};

const names = ['units', 'faults', 'journeys'];

/**
 * Jest takes every word after `--selectProjects` for the name of a project, so `--selectProjects units test/push` would run
 * all units. The words that name none are the paths that they look like.
 */
function pathsAskedFor() {
  const at = process.argv.indexOf('--selectProjects');
  const after = at < 0 ? [] : process.argv.slice(at + 1);
  const end = after.findIndex((word) => word.startsWith('-'));
  return after.slice(0, end < 0 ? after.length : end).filter((word) => !names.includes(word));
}

function testsBelow(...folders) {
  const paths = pathsAskedFor();
  if (paths.length === 0) return folders.map((folder) => `<rootDir>/${folder}**/*.test.ts`);
  return paths.flatMap((path) => [
    `<rootDir>/${path}`,
    `<rootDir>/${path}*.test.ts`,
    `<rootDir>/${path}/**/*.test.ts`,
  ]);
}

/** Three projects, so that the fast ones can be run by themselves: `npx jest --selectProjects units`. */
export default {
  // Tests wait for processes, disks and networks half of the time; left alone jest would take one worker on two cores.
  maxWorkers: Math.max(4, availableParallelism()),
  projects: [
    {
      ...base,
      displayName: 'units',
      testMatch: testsBelow('test/'),
      testPathIgnorePatterns: ['/test/journeys/', '/test/faults/'],
    },
    { ...base, displayName: 'faults', testMatch: testsBelow('test/faults/') },
    { ...base, displayName: 'journeys', testMatch: testsBelow('test/journeys/') },
  ],
  testSequencer: '<rootDir>/scripts/slow-first.mjs',
  reporters: ['default', '<rootDir>/scripts/closing-line-reporter.mjs'],
  testTimeout: 180_000,
};
