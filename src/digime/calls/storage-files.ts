import type { Buffer as Bytes } from 'node:buffer';
import {
  anyText,
  checkArguments,
  finite,
  pathSegment,
  text,
  userAccessToken,
  userCall,
  wholeNumber,
} from '../arguments/arguments.js';
import type {
  CallOptions,
  ContractDetails,
  RefreshOptions,
  UserAccessToken,
} from '../arguments/call-options.js';
import { allOf, list, object, optional, optionalOrEmpty, type Shape, where } from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { ServerError } from '../errors.js';
import { requestForUser } from '../token/call-for-user.js';
import { readAsStream } from '../wire/answer.js';
import type { PlatformAnswer, PlatformCall } from '../wire/attempt.js';
import {
  demandReplayable,
  type FileData,
  fileDataShape,
  isReplayable,
  openFileSource,
} from '../wire/file-source.js';
import { callPlatform } from '../wire/platform-call.js';
import { ownError, parseAnswer } from '../wire/refusal.js';

/** What every call about the files of a storage is made with. */
export interface StorageCall extends CallOptions, RefreshOptions {
  /** The contract that signs: for a user's storage, the one under which the user gave the consent. */
  contractDetails: ContractDetails;
  /** The `cloudId` of `createProvisionalStorage` or `getUserStorage`. */
  storageId: string;
  /** The token of the user whose storage it is. A provisional storage needs none. */
  userAccessToken?: UserAccessToken | undefined;
  /** A folder, its parts divided by `/`, such as `letters/2026`. Default: the storage as a whole. */
  path?: string | undefined;
}

/** A file in a storage. What else the platform sends is kept as it is. */
export interface StorageFile {
  /** The last part of `path`. */
  name: string;
  /** From the root of the storage, without a slash in front. */
  path?: string | undefined;
  mimetype?: string | undefined;
  /** Bytes. */
  size?: number | undefined;
  /** Unix time in milliseconds. */
  createdDate?: number | undefined;
  /** Unix time in milliseconds. */
  updatedDate?: number | undefined;
  [field: string]: unknown;
}

/** The token that a call ended with, where it was given one. */
export interface StorageResponse {
  userAccessToken?: UserAccessToken | undefined;
}

/** Options of `listStorageFiles`. */
export type ListStorageFilesOptions = StorageCall;

/** What `listStorageFiles` gives. */
export interface ListStorageFilesResponse extends StorageResponse {
  files: StorageFile[];
}

/** Options of `uploadFileToStorage`. */
export interface UploadFileToStorageOptions extends StorageCall {
  /** The name in the folder; without a slash. */
  fileName: string;
  /** The bytes of the file; a platform may refuse a file without any. */
  fileData: FileData;
  /** Bytes of the file, for streams: sent as `Content-Length`. Without it a stream is sent in chunks. */
  fileSize?: number | undefined;
  /** Default `application/octet-stream`. */
  mimeType?: string | undefined;
}

/** What `uploadFileToStorage` gives. */
export interface UploadFileToStorageResponse extends StorageResponse {
  /** The file as it is stored. */
  file: StorageFile;
}

/** Options of `downloadStorageFile`. */
export interface DownloadStorageFileOptions extends StorageCall {
  /** The name in the folder; without a slash. */
  fileName: string;
}

/** What `downloadStorageFile` gives. */
export interface DownloadStorageFileResponse extends StorageResponse {
  /** The bytes of the file. */
  fileData: Bytes;
  fileName: string;
  /** The `Last-Modified` header: an HTTP date. */
  lastModified: string | undefined;
}

/** Options of `deleteStorageFile`. */
export interface DeleteStorageFileOptions extends StorageCall {
  /** The name in the folder, of a file or of a folder; without a slash. */
  fileName: string;
}

/** What `deleteStorageFile` gives. */
export interface DeleteStorageFileResponse extends StorageResponse {
  deleted: true;
}

/** Empty parts are passed over: a slash at either end of a folder means nothing. */
const folder: Shape = allOf(anyText, (value) => {
  for (const part of partsOf(value as string)) {
    const complaint = pathSegment(part);
    if (complaint) return complaint;
  }
  return undefined;
});
const fileName = allOf(
  pathSegment,
  where((value) => !(value as string).includes('/'), 'must not hold a slash: the folder is path'),
);
const mimeType = where(
  (value) => typeof value === 'string' && /^[\x21-\x7e]+\/[\x20-\x7e]+$/.test(value),
  'must be a media type',
);
const storageCall = {
  ...userCall,
  userAccessToken: optional(userAccessToken),
  storageId: pathSegment,
  path: optional(folder),
};
const listShape = object(storageCall);
const fileShape = object({ ...storageCall, fileName });
const sizeFits: Shape = (value) => {
  const { fileData, fileSize } = value as UploadFileToStorageOptions;
  const fits =
    fileSize === undefined || !(fileData instanceof Uint8Array) || fileData.byteLength === fileSize;
  return fits ? undefined : { path: 'fileSize', message: 'is not the size of the Buffer' };
};
const uploadShape = allOf(
  object({
    ...storageCall,
    fileName,
    fileData: fileDataShape,
    fileSize: optional(wholeNumber),
    mimeType: optionalOrEmpty(mimeType),
  }),
  sizeFits,
);
const storedShape = object({ name: text, size: optional(finite) });
const listedShape = object({ files: list(storedShape) });
const binaryShape = object({
  'content-type': where(
    (value) => typeof value === 'string' && value.startsWith('application/octet-stream'),
    'must be application/octet-stream',
  ),
});

/** @internal */
export async function listStorageFiles(
  client: Client,
  args: ListStorageFilesOptions,
): Promise<ListStorageFilesResponse> {
  checkArguments('listStorageFiles', listShape, args);
  const { answer, ...token } = await requestInStorage(client, args, {
    call: 'listStorageFiles',
    method: 'GET',
    path: addressOf(client, args),
    expected: 'json',
    repeat: 'safe',
  });
  const { files } = parseAnswer<{ files: StorageFile[] }>(listedShape, answer.body, answer);
  return { files, ...token };
}

/** @internal */
export async function uploadFileToStorage(
  client: Client,
  args: UploadFileToStorageOptions,
): Promise<UploadFileToStorageResponse> {
  checkArguments('uploadFileToStorage', uploadShape, args);
  const { fileData, fileSize } = args;
  const { answer, ...token } = await requestInStorage(
    client,
    args,
    {
      call: 'uploadFileToStorage',
      method: 'POST',
      path: addressOf(client, args, args.fileName),
      content: {
        contentType: args.mimeType || 'application/octet-stream',
        open: () => openFileSource(fileData, fileSize),
      },
      expected: 'json',
      // It replaces what is there: sent twice, it is there once.
      repeat: isReplayable(fileData) ? 'safe' : 'never',
    },
    (refusal) => demandReplayable(fileData, refusal),
  );
  return { file: parseAnswer<StorageFile>(storedShape, answer.body, answer), ...token };
}

/** @internal */
export async function downloadStorageFile(
  client: Client,
  args: DownloadStorageFileOptions,
): Promise<DownloadStorageFileResponse> {
  checkArguments('downloadStorageFile', fileShape, args);
  const { answer, ...token } = await requestInStorage(client, args, {
    call: 'downloadStorageFile',
    method: 'GET',
    path: addressOf(client, args, args.fileName),
    expected: 'stream',
    repeat: 'safe',
  });
  const { incoming } = answer;
  if (!incoming) throw ownError(answer.identity, 'UnexpectedResponse', 'no body');
  try {
    parseAnswer(binaryShape, answer.headers, answer);
    const stream = readAsStream(incoming, client.maxFileBytes, client.timeoutMs, (fault) =>
      ownError(answer.identity, fault.code, fault.message, incoming, fault.cause),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const fileData = Buffer.concat(chunks);
    return { fileData, fileName: args.fileName, lastModified: answer.headers['last-modified'], ...token };
  } catch (error) {
    incoming.body.destroy();
    incoming.close();
    throw error;
  }
}

/** @internal */
export async function deleteStorageFile(
  client: Client,
  args: DeleteStorageFileOptions,
): Promise<DeleteStorageFileResponse> {
  checkArguments('deleteStorageFile', fileShape, args);
  const { answer: _, ...token } = await requestInStorage(client, args, {
    call: 'deleteStorageFile',
    method: 'DELETE',
    path: addressOf(client, args, args.fileName),
    expected: 'any',
    repeat: 'safe',
  });
  return { deleted: true, ...token };
}

/** On behalf of the user whose token is given, else by the contract alone. */
async function requestInStorage(
  client: Client,
  args: StorageCall,
  call: PlatformCall,
  cannotRepeat?: (refusal: ServerError) => void,
): Promise<{ answer: PlatformAnswer; userAccessToken?: UserAccessToken }> {
  const { userAccessToken: token, contractDetails: contract } = args;
  if (token) return requestForUser(client, { ...args, userAccessToken: token }, call, cannotRepeat);
  return { answer: await callPlatform(client, call, { contract, options: args }) };
}

/** Where a file, or a folder, of the application is. Assumed: nobody has published it. */
function addressOf(client: Client, { storageId, path = '' }: StorageCall, name?: string): string {
  const parts = ['clouds', storageId, 'files', 'app', client.applicationId, ...partsOf(path)];
  return [...parts, ...(name === undefined ? [] : [name])].map(encodeURIComponent).join('/');
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
