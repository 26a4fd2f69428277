import { setTimeout as sleep } from 'node:timers/promises';
import { callback, checkArguments, positive, readCall } from '../arguments/arguments.js';
import type { UserAccessToken } from '../arguments/call-options.js';
import { optional } from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { DigiMeSDKError, ServerError } from '../errors.js';
import {
  type FileListStatus,
  type ListedFile,
  type ReadFileListOptions,
  type ReadFileResponse,
  readFile,
  readFileList,
  sessionFields,
} from './read-files.js';

/** Options of `readAllFiles`. */
export type ReadAllFilesOptions = ReadFileListOptions & {
  /** Gets every file, again when it has changed meanwhile. Awaited; when it fails the reading ends. */
  onFileData: (file: ReadFileResponse & { fileList: ListedFile[] }) => unknown;
  /** Gets the failure of one file; the others go on. Awaited. Without it such failures are passed over. */
  onFileError?: ((failure: FileFailure) => unknown) | undefined;
  /** Gets the new state of the list (`pending`, `running`, `partial`, `completed`) whenever it has changed. Awaited. */
  onStatusChange?: ((state: string) => unknown) | undefined;
  /** Milliseconds between two looks at the list; default 3,000. */
  pollIntervalMs?: number | undefined;
};

/** A file that could not be read, or not be decrypted. */
export interface FileFailure {
  error: DigiMeSDKError | ServerError;
  fileName: string;
  fileList: ListedFile[];
}

/** A reading that goes on. */
export interface ReadAllFilesResponse {
  /** Looks at the list no more; files that are listed are still read. */
  stopPolling: () => void;
  /** Resolves to the list's last status when all is read; rejects when the list cannot be read, or a callback fails. */
  filePromise: Promise<FileListStatus>;
}

const shape = readCall({
  ...sessionFields,
  onFileData: callback,
  onFileError: optional(callback),
  onStatusChange: optional(callback),
  pollIntervalMs: optional(positive),
});
const downloadsAtOnce = 4;

/** @internal */
export function readAllFiles(client: Client, args: ReadAllFilesOptions): ReadAllFilesResponse {
  checkArguments('readAllFiles', shape, args);
  const stop = new AbortController();
  const filePromise = readUntilDone(client, args, stop.signal);
  return { stopPolling: () => stop.abort(), filePromise };
}

async function readUntilDone(
  client: Client,
  args: ReadAllFilesOptions,
  stop: AbortSignal,
): Promise<FileListStatus> {
  const seen = new Map<string, unknown>();
  const holder = { userAccessToken: args.userAccessToken };
  for (let before: string | undefined; ; ) {
    const { status, fileList = [], userAccessToken } = await readFileList(client, { ...args, ...holder });
    holder.userAccessToken = userAccessToken;
    if (status.state !== before) await args.onStatusChange?.(status.state);
    before = status.state;
    const changed = fileList.filter(
      ({ name, updatedDate }) => !seen.has(name) || seen.get(name) !== updatedDate,
    );
    for (const { name, updatedDate } of changed) seen.set(name, updatedDate);
    await readFiles(client, args, changed, fileList, holder);
    if (stop.aborted || (status.state !== 'pending' && status.state !== 'running')) return status;
    await sleep(args.pollIntervalMs ?? 3_000, undefined, {
      signal: args.signal ? AbortSignal.any([stop, args.signal]) : stop,
    }).catch(() => undefined);
    if (stop.aborted) return status;
  }
}

async function readFiles(
  client: Client,
  args: ReadAllFilesOptions,
  files: ListedFile[],
  fileList: ListedFile[],
  holder: { userAccessToken: UserAccessToken },
): Promise<void> {
  const waiting = files.values();
  const readNext = async () => {
    for (const { name: fileName } of waiting) {
      let file: ReadFileResponse;
      try {
        file = await readFile(client, { ...args, ...holder, fileName });
      } catch (error) {
        await args.onFileError?.({ error: error as DigiMeSDKError, fileName, fileList });
        continue;
      }
      holder.userAccessToken = file.userAccessToken;
      await args.onFileData({ ...file, fileList });
    }
  };
  await Promise.all(Array.from({ length: downloadsAtOnce }, readNext));
}
