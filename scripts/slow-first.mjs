import { createRequire } from 'node:module';

// Jest's own, found where jest finds it: it is a package of jest and not of this project.
const core = createRequire(createRequire(import.meta.url).resolve('jest')).resolve('@jest/core');
const { default: TestSequencer } = createRequire(core)('@jest/test-sequencer');

/**
 * Files that take long, the longest first, by their seconds in a run of everything on two cores. A fresh clone knows no
 * durations yet, and jest would go by the sizes of the files: what takes minutes would begin last and end alone.
 */
const seconds = {
  'faults/random-kills': 180,
  'journeys/every-page': 130,
  'journeys/bad-networks': 79,
  'faults/three-instances': 70,
  'faults/admin': 53,
  'faults/digime-misbehaves': 51,
  'push/intake/damaged-bodies': 45,
  'push/intake/upload-limits': 40,
  'faults/instances-come-and-go': 40,
  'faults/two-processes': 40,
  'faults/memory': 38,
  'faults/container': 36,
  'push/intake/resumable-uploads': 35,
  'journeys/person': 35,
  'push/intake/places': 32,
  'faults/database-fails': 32,
  'faults/log-secrets': 30,
  'faults/process-dies': 30,
  'faults/reauthorization': 30,
  'journeys/three-instances': 30,
  'journeys/inspector-tools': 30,
  'journeys/upload': 30,
  'journeys/inspector': 30,
  'packages/sandbox-package': 22,
  'inspector/project-export': 15,
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
