import { both, list, object, optional, type Shape } from '../arguments/argument-shape.js';
import { anyText, callback, checkArguments, text, userCall, wholeNumber } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/request-for-user.js';
import { demandReplayable, type FileData, fileDataShape, openFileSource } from '../wire/file-source.js';
import type { PushOptions } from './push-data.js';

/** What a file is: travels signed beside it, and comes back with it as its metadata. */
export interface FileDescriptor {
  mimeType: string;
  /** Whose data it is: ids of accounts in the pusher's own system. */
  accounts: { accountId: string }[];
  reference?: string[] | undefined;
  tags?: string[] | undefined;
}

/** Arguments of `pushData` to a library. */
export interface PushToLibraryArguments extends PushOptions {
  type?: 'library' | undefined;
  push?: 'library' | undefined;
  data: {
    fileData: FileData;
    /** For the caller's own records; the platform has no place for it. */
    fileName: string;
    fileDescriptor: FileDescriptor;
    /**
     * Bytes of the file, for streams: sent as `Content-Length`, and a stream that gives more or fewer never counts as
     * delivered. Without it a stream is sent in chunks.
     */
    fileSize?: number | undefined;
  };
}

const dataShape = object({
  fileData: fileDataShape,
  fileName: text,
  fileDescriptor: object({
    mimeType: text,
    accounts: list(object({ accountId: text })),
    reference: optional(list(anyText)),
    tags: optional(list(anyText)),
  }),
  fileSize: optional(wholeNumber),
});
const sizeFits: Shape = (value) => {
  const { fileData, fileSize } = value as PushToLibraryArguments['data'];
  const fits =
    fileSize === undefined || !(fileData instanceof Uint8Array) || fileData.byteLength === fileSize;
  return fits ? undefined : { path: 'fileSize', message: 'is not the size of the Buffer' };
};
const shape = object({ ...userCall, onResponse: optional(callback), data: both(dataShape, sizeFits) });

/** The library's half of `pushData`: `POST permission-access/import` with the file's raw bytes. */
export async function pushToLibrary(client: Client, args: PushToLibraryArguments): Promise<void> {
  checkArguments('pushData', shape, args);
  const { fileData, fileDescriptor, fileSize } = args.data;
  const { answer } = await requestForUser(
    client,
    args,
    {
      call: 'pushData',
      method: 'POST',
      path: 'permission-access/import',
      fileDescriptor,
      content: { contentType: 'application/octet-stream', open: () => openFileSource(fileData, fileSize) },
      expected: 'optional-json',
      repeat: 'never',
    },
    (refusal) => demandReplayable(fileData, refusal),
  );
  args.onResponse?.({ status: answer.status, ...(answer.body === undefined ? {} : { body: answer.body }) });
}
