import type { PushedDescriptor, PushedFile } from './pushed-files.js';
import type { LibraryFile } from './read-library.js';

/** Around uncompressed content: the wrapped key, the IV, and padding of 1 to 16 bytes (`protocol.md`, "Encrypted file body"). */
const fewestExtraBytes = 256 + 16 + 1;
const mostExtraBytes = 256 + 16 + 16;

/**
 * The push that an unread file probably came from: the only one with the same description and a size that fits what
 * digi.me announced. A guess, to have a better name for it than digi.me's; whether the bytes are the same shows when it
 * is read.
 */
export function likelyPush(
  file: LibraryFile,
  pushes: readonly (PushedFile & { descriptor: PushedDescriptor })[],
): PushedFile | undefined {
  const fitting = pushes.filter((push) => fits(file, push));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function fits(
  { details, sentBytes }: LibraryFile,
  { size, descriptor }: PushedFile & { descriptor: PushedDescriptor },
): boolean {
  if (details === undefined) return false;
  const { mimeType = '', accounts = [], reference = [], tags = [] } = descriptor;
  const extraBytes = sentBytes === undefined ? undefined : sentBytes - size;
  return (
    (extraBytes === undefined || (extraBytes >= fewestExtraBytes && extraBytes <= mostExtraBytes)) &&
    details.mimeType === mimeType.toLowerCase() &&
    isSame(
      details.accountIds,
      accounts.map(({ accountId }) => accountId),
    ) &&
    isSame(details.reference, reference) &&
    isSame(details.tags, tags)
  );
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((value, index) => value === b[index]);
