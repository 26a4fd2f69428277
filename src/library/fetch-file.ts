import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.js';
import type { PayloadStore, StoredPayload } from '../storage/index.js';
import { detailsOf, type FileDetails } from './file-details.js';
import { asReadError } from './read-error.js';
import type { ReadLibrary } from './read-library.js';

/** Files that one visitor may have fetched at the same time. */
const maxAtOnce = 6;
/** So much is reserved for each file ahead of what has arrived of it. */
const roomBytes = 64 * 2 ** 20;
/** Nothing that a person keeps in a library is larger; an inflated bomb is. */
const maxFileBytes = 2 * 2 ** 30;
const fetching = new Map<string, number>();

/** A whole file of the library, decrypted and sealed again on our side. */
export interface FetchedFile {
  readonly name: string;
  readonly details: FileDetails;
  readonly payload: StoredPayload;
}

/**
 * Fetches one file whole before anything of it is given on: a wrong key or a cut body shows at the very end only, and
 * half a file must never look like a whole one. It is streamed, so memory stays flat; a larger one waits in the spool,
 * sealed under a key that only this call knows, and is removed when `use` has ended.
 * @throws AppError FileDecryptionError, FileTooLarge, NotFound, TooManyRequests, StorageFull, what `asAppError` makes
 */
export async function withFile<T>(
  spool: PayloadStore,
  library: ReadLibrary,
  name: string,
  signal: AbortSignal,
  use: (file: FetchedFile) => Promise<T>,
): Promise<T> {
  const { visitorId } = library.connection;
  const count = fetching.get(visitorId) ?? 0;
  if (count >= maxAtOnce) throw new AppError('TooManyRequests', { retryAfterSeconds: 5 });
  fetching.set(visitorId, count + 1);
  let payload: StoredPayload | undefined;
  try {
    const { stream, fileMetadata } = await library.session.open(name, signal);
    payload = await receive(spool, stream, signal);
    const details = detailsOf(fileMetadata);
    const file = library.file(name);
    file.details = details;
    file.bytes = { sha256: payload.sha256, size: payload.size };
    return await use({ name, details, payload });
  } catch (error) {
    throw asReadError(error);
  } finally {
    if (payload?.spoolName !== undefined) await spool.discard(payload.spoolName);
    const left = (fetching.get(visitorId) ?? 1) - 1;
    if (left > 0) fetching.set(visitorId, left);
    else fetching.delete(visitorId);
  }
}

async function receive(spool: PayloadStore, stream: Readable, signal: AbortSignal): Promise<StoredPayload> {
  const writer = spool.createWriter(maxFileBytes);
  try {
    return await pipeline(
      stream,
      (chunks) => withRoom(spool, chunks),
      (chunks: AsyncIterable<Buffer>) => writer.store(chunks),
      { signal },
    );
  } catch (error) {
    // The signal ends the pipeline before the writer: what that is about to complete would stay behind.
    await writer.discard();
    throw error;
  }
}

/** Room that is promised to files on their way in and not used yet, in bytes: others must not count on it as well. */
let reservedBytes = 0;

/**
 * Hands a file on while the disk has room for it. How long it will be is not known beforehand (digi.me may announce
 * nothing, and a compressed one grows), so room is reserved step by step, for all files together.
 * @throws AppError StorageFull
 */
async function* withRoom(spool: PayloadStore, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unused = 0;
  try {
    for await (const chunk of chunks) {
      if (chunk.length > unused) {
        await spool.assertRoomFor(reservedBytes + roomBytes);
        unused += roomBytes;
        reservedBytes += roomBytes;
      }
      unused -= chunk.length;
      reservedBytes -= chunk.length;
      yield chunk;
    }
  } finally {
    reservedBytes -= unused;
  }
}
