import { createRequire } from 'node:module';

// Jest's own, found where jest finds it: it is a package of jest and not of this project.
const core = createRequire(createRequire(import.meta.url).resolve('jest')).resolve('@jest/core');
const { default: TestSequencer } = createRequire(core)('@jest/test-sequencer');

/**
 * Files that take long, the longest first, by their seconds in a run of everything on two cores. A fresh clone knows no
 * durations yet, and jest would go by the sizes of the files: what takes minutes would begin last and end alone.
 */
const seconds = {
  'faults/random-kills': 138,
  'journeys/every-page': 114,
  'journeys/bad-networks': 99,
  'faults/instances-come-and-go': 83,
  'faults/three-instances': 79,
  'faults/digime-misbehaves': 59,
  'push/intake/damaged-bodies': 56,
  'faults/admin': 52,
  'journeys/sandbox-consent': 37,
  'journeys/inspector': 34,
  'journeys/person': 34,
  'faults/process-dies': 31,
  'journeys/three-instances': 30,
  'faults/two-processes': 29,
  'journeys/library-pages': 29,
  'journeys/upload': 28,
  'faults/log-secrets': 27,
  'faults/studio-instances': 27,
  'journeys/provider': 26,
  'faults/reauthorization': 26,
  'journeys/withdraw': 25,
  'journeys/provider-without-scripts': 24,
  'faults/process': 24,
  'inspector/inspector-routes': 24,
  'journeys/library': 24,
  'faults/database-fails': 22,
  'journeys/make': 21,
  'faults/memory': 20,
  'faults/failover': 19,
  'faults/container': 19,
  'push/intake/upload-limits': 19,
  'push/intake/resumable-uploads': 17,
  'packages/sandbox-package': 17,
  'push/ledger/ledger-contract': 16,
  'journeys/inspector-tools': 15,
  'journeys/studio': 15,
};

const secondsOf = ({ path }) =>
  Object.entries(seconds).find(([name]) => path.replaceAll('\\', '/').endsWith(`/test/${name}.test.ts`))?.[1];

/** Jest's order of test files, with what is known to be slow or was slow before at its beginning. */
export default class SlowFirst extends TestSequencer {
  async sort(tests) {
    const weight = (test) => secondsOf(test) ?? (test.duration ?? 0) / 1000;
    return [...(await super.sort(tests))].sort((one, other) => weight(other) - weight(one));
  }
}
