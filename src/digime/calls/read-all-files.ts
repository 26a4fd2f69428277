import { setTimeout as sleep } from 'node:timers/promises';
import { object, optional } from '../arguments/argument-shape.js';
import { callback, checkArguments, positive } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import type { FileFacts } from './file-metadata.js';
import { readFile } from './read-file.js';
import {
  type FileList,
  type ListedFile,
  type ReadFileListArguments,
  type ReadStatus,
  readFileList,
  readShape,
} from './read-file-list.js';

/** Arguments of `readAllFiles`. */
export interface ReadAllFilesArguments extends ReadFileListArguments {
  /** Gets every file, again when it has changed meanwhile. Awaited. */
  onFileData: (
    file: FileFacts & { fileData: Buffer; fileList: ListedFile[]; userAccessToken: UserAccessToken },
  ) => unknown;
  /** Gets the failure of one file; the others go on. Awaited. */
  onFileError: (failure: { error: unknown; fileName: string; fileList: ListedFile[] }) => unknown;
  onStatusChange?:
    | ((change: { oldStatus: ReadStatus | undefined; newStatus: ReadStatus }) => unknown)
    | undefined;
  /** Milliseconds between two looks at the list; default 3,000. */
  pollIntervalMs?: number | undefined;
}

/** How a reading ended. */
export interface ReadAllFilesResult {
  fileList: ListedFile[];
  fileStatus: ReadStatus | undefined;
  userAccessToken: UserAccessToken;
}

const shape = object({
  ...readShape,
  onFileData: callback,
  onFileError: callback,
  onStatusChange: optional(callback),
  pollIntervalMs: optional(positive),
});
const downloadsAtOnce = 4;

/**
 * Reads all files of a session while the platform gathers them. Returns at once: `filePromise` resolves when all is read
 * or `stopPolling` was called, and rejects when the list cannot be read or a hook fails. Throws `TypeValidationError`.
 */
export function readAllFiles(
  client: Client,
  args: ReadAllFilesArguments,
): { stopPolling: () => void; filePromise: Promise<ReadAllFilesResult> } {
  checkArguments('readAllFiles', shape, args);
  const stop = new AbortController();
  return { stopPolling: () => stop.abort(), filePromise: readUntilDone(client, args, stop.signal) };
}

async function readUntilDone(
  client: Client,
  args: ReadAllFilesArguments,
  stop: AbortSignal,
): Promise<ReadAllFilesResult> {
  const seen = new Map<string, unknown>();
  const result: ReadAllFilesResult = {
    fileList: [],
    fileStatus: undefined,
    userAccessToken: args.userAccessToken,
  };
  while (!stop.aborted) {
    const list: FileList = await readFileList(client, { ...args, userAccessToken: result.userAccessToken });
    const { fileList = [], status } = list;
    if (status.state !== result.fileStatus?.state)
      await args.onStatusChange?.({ oldStatus: result.fileStatus, newStatus: status });
    Object.assign(result, { fileList, fileStatus: status, userAccessToken: list.userAccessToken });
    const changed = fileList.filter(
      ({ name, updatedDate }) => !seen.has(name) || seen.get(name) !== updatedDate,
    );
    for (const { name, updatedDate } of changed) seen.set(name, updatedDate);
    await readFiles(client, args, changed, result, stop);
    if (status.state !== 'pending' && status.state !== 'running') break;
    await sleep(args.pollIntervalMs ?? 3_000, undefined, {
      signal: args.signal ? AbortSignal.any([stop, args.signal]) : stop,
    }).catch(() => undefined);
  }
  return result;
}

async function readFiles(
  client: Client,
  args: ReadAllFilesArguments,
  files: ListedFile[],
  result: ReadAllFilesResult,
  stop: AbortSignal,
): Promise<void> {
  const waiting = files.values();
  const readNext = async () => {
    for (const { name: fileName } of waiting) {
      if (stop.aborted) return;
      const { fileList } = result;
      try {
        const file = await readFile(client, { ...args, fileName, userAccessToken: result.userAccessToken });
        result.userAccessToken = file.userAccessToken;
        await args.onFileData({ ...file, fileList });
      } catch (error) {
        await args.onFileError({ error, fileName, fileList });
      }
    }
  };
  await Promise.all(Array.from({ length: downloadsAtOnce }, readNext));
}
