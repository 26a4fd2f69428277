import { createHash } from 'node:crypto';
import { AppError } from '../errors.js';
import { isTokenRefusal, type Logger } from '../web/index.js';
import { detailsOf } from './file-details.js';
import type { PushedFiles } from './pushed-files.js';
import type { LibraryFile, ReadLibrary } from './read-library.js';

const detailsAtOnce = 6;
const checksAtOnce = 2;
const maxFailures = 2;
/** Nobody has looked for this long: the rest can wait until somebody does. */
const abandonedAfterMs = 30_000;
/** Larger files are compared when somebody opens them. */
export const smallFileBytes = 4 * 2 ** 20;

/** So many at a time, so that what somebody turns to meanwhile does not have to wait for all the others. */
const batch = 60;

/** What learning about files takes. */
export interface LearningOptions {
  readonly pushedFiles: PushedFiles;
  /** Our own, to tell our files from those of others. */
  readonly applicationId: string;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

interface Learning {
  readonly work: Promise<void>;
  /** What is looked at now; the newest wish counts. */
  shown: readonly LibraryFile[];
}

const learning = new WeakMap<ReadLibrary, Learning>();

/** Whether details of files are still to come by themselves. */
export const isLearning = (library: ReadLibrary): boolean => learning.has(library);

const lacksDetails = (file: LibraryFile) => file.details === undefined && file.failures < maxFailures;

/**
 * Learns about the files in the background: digi.me tells a file's type and tags only one by one (`HEAD`), so this goes
 * through all of them, the `shown` ones first, a few at a time, and stops when nobody looks any more. Small files of the
 * visitor that are shown are then read once, to compare their bytes with what was pushed.
 * @returns a promise for the whole work; it never rejects
 */
export function learnDetails(
  options: LearningOptions,
  library: ReadLibrary,
  shown: readonly LibraryFile[],
): Promise<void> {
  const running = learning.get(library);
  if (running !== undefined) {
    running.shown = shown;
    return running.work;
  }
  const work = learn(options, library, () => learning.get(library)?.shown ?? shown)
    .catch((error) => options.log.warn({ err: error }, 'the details of a library could not be read'))
    .finally(() => learning.delete(library));
  learning.set(library, { work, shown });
  return work;
}

async function learn(
  options: LearningOptions,
  library: ReadLibrary,
  shownNow: () => readonly LibraryFile[],
): Promise<void> {
  const isAbandoned = () => options.now() - library.lastLookAt > abandonedAfterMs;
  const askFor = (files: readonly LibraryFile[]) =>
    atOnce(detailsAtOnce, files, isAbandoned, (file) => askDetails(library, file));
  const limit = await options.pushedFiles.largestUpTo(library.connection.visitorId, smallFileBytes);
  const isUnread = (file: LibraryFile) =>
    limit !== undefined && mayBeOurs(options, file) && mayFit(file, limit);
  while (!isAbandoned()) {
    await askFor(shownNow().filter(lacksDetails));
    const unread = shownNow().filter(isUnread);
    await atOnce(checksAtOnce, unread, isAbandoned, (file) => readOnce(library, file, limit ?? 0));
    const rest = library.files.filter(lacksDetails);
    if (rest.length === 0 && !shownNow().some(isUnread)) return;
    await askFor(rest.slice(0, batch));
  }
}

/** Only files that this app wrote are read without being asked for: others can't have the same bytes as a push. */
const mayBeOurs = (options: LearningOptions, { bytes, isLarge, details, failures }: LibraryFile) =>
  !bytes && !isLarge && failures < maxFailures && details?.applicationId === options.applicationId;

/** Wrapped key, IV and padding come on top of the content, if it is not compressed. */
const mayFit = ({ sentBytes }: LibraryFile, limit: number) =>
  sentBytes === undefined || sentBytes <= limit + 1024;

async function askDetails({ session }: ReadLibrary, file: LibraryFile): Promise<void> {
  const { fileMetadata, sentBytes } = await session.metadata(file.name);
  file.details = detailsOf(fileMetadata);
  if (sentBytes !== undefined) file.sentBytes = sentBytes;
}

async function readOnce({ session }: ReadLibrary, file: LibraryFile, limit: number): Promise<void> {
  const { stream } = await session.open(file.name);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) {
      // Larger than anything it could be equal to. Leaving the loop ends the download.
      file.isLarge = true;
      return;
    }
    hash.update(chunk);
  }
  file.bytes = { sha256: hash.digest('hex'), size };
}

/** Works through `files`, `count` at a time. One that fails is counted as such; a refused permission ends it all. */
async function atOnce(
  count: number,
  files: readonly LibraryFile[],
  isAbandoned: () => boolean,
  task: (file: LibraryFile) => Promise<void>,
): Promise<void> {
  const waiting = [...files];
  let refusal: unknown;
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (refusal !== undefined || isAbandoned()) return;
      try {
        await task(file);
      } catch (error) {
        file.failures += 1;
        if (isTokenRefusal(error) || error instanceof AppError) refusal = error;
      }
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  if (refusal !== undefined) throw refusal;
}
