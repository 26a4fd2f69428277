import { Readable } from 'node:stream';
import { allOf, where } from '../arguments/shape.js';
import { ServerError } from '../errors.js';
import type { OutgoingBody } from './intercept.js';
import { SourceFault } from './network-fault.js';

/** Opens the same file afresh, from its beginning, every time it is called. */
export type OpenFile = () => Readable | Promise<Readable>;

/**
 * The bytes of a file. A `Buffer`, any other `Uint8Array` and a function can be sent again after the token was refreshed; a
 * plain `Readable` cannot, and the call then ends with `FileMustBeSentAgain`. Bytes in memory are not copied: they must not
 * change until the call has ended. Up to 256 KiB of them leave together with the head of the request.
 */
export type FileData = Uint8Array | Readable | OpenFile;

/** What `fileData` may be. A stream that has already ended or failed is refused here. @internal */
export const fileDataShape = allOf(
  where(
    (value) => value instanceof Uint8Array || isReadable(value) || typeof value === 'function',
    'must be a Buffer, a Readable or a function that opens one',
  ),
  where((value) => !isReadable(value) || isFresh(value), 'is a stream that has ended or failed already'),
);

/**
 * Opens the file for one attempt; bytes in memory are there at once, and are sent as they are, without a copy.
 * @throws SourceFault when it cannot be opened
 * @internal
 */
export function openFileSource(
  fileData: FileData,
  fileSize: number | undefined,
): OutgoingBody | Promise<OutgoingBody> {
  if (fileData instanceof Uint8Array) return { content: asBuffer(fileData), sizeBytes: fileData.byteLength };
  if (isReadable(fileData)) return { content: fileData, sizeBytes: fileSize };
  return openFresh(fileData, fileSize);
}

async function openFresh(open: OpenFile, sizeBytes: number | undefined): Promise<OutgoingBody> {
  let opened: unknown;
  try {
    opened = await open();
  } catch (error) {
    throw new SourceFault('FileSourceFailed', 'the file could not be opened', error);
  }
  if (!isReadable(opened) || !isFresh(opened))
    throw new SourceFault('FileSourceFailed', 'the function that opens the file gave no fresh Readable');
  return { content: opened, sizeBytes };
}

/** @throws ServerError `FileMustBeSentAgain` for a file that cannot be sent twice; `refusal` is its cause @internal */
export function demandReplayable(fileData: FileData, refusal: ServerError): void {
  if (!isReadable(fileData)) return;
  fileData.destroy();
  const message =
    'the token was refreshed and handed over; the stream was read from already and cannot be sent twice: call again with a fresh one';
  throw new ServerError(
    { ...refusal.error, code: 'FileMustBeSentAgain', message },
    { call: refusal.call, request: refusal.request, cause: refusal },
  );
}

/** Whether the file can be sent a second time. @internal */
export function isReplayable(fileData: FileData): boolean {
  return !isReadable(fileData);
}

function isReadable(value: unknown): value is Readable {
  return value instanceof Readable;
}

function isFresh(stream: Readable): boolean {
  return !stream.destroyed && !stream.readableEnded && !stream.errored;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
