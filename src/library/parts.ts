import type { OnboardingParts } from '../onboarding/index.js';
import type { Spool } from '../storage/index.js';
import type { PushedFiles } from './pushed-files.js';
import type { ReadLibraries } from './read-libraries.js';

/** What reading back works with. */
export interface LibraryParts {
  readonly onboarding: OnboardingParts;
  readonly libraries: ReadLibraries;
  readonly pushedFiles: PushedFiles;
  /** Takes a file in, sealed, until it is known to be whole. */
  readonly spool: Spool;
  /** Our own, to tell our files from those of others. */
  readonly applicationId: string;
}
