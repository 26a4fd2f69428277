import type { Buffer as Bytes } from 'node:buffer';
import type { Readable } from 'node:stream';
import { asUserCall, checkArguments, finite, pathSegment, readCall, text } from '../arguments/arguments.js';
import type { ReadCall, UserAccessToken } from '../arguments/call-options.js';
import { anyObject, list, object, oneOf, optional, type Shape, where } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { loadContractKey } from '../crypto/contract-key.js';
import { type Compression, decryptFile } from '../crypto/decrypt-file.js';
import { requestForUser } from '../token/call-for-user.js';
import { readAsStream } from '../wire/answer.js';
import type { PlatformAnswer, PlatformCall } from '../wire/attempt.js';
import { parseJson } from '../wire/json.js';
import { ownError, parseAnswer } from '../wire/refusal.js';

/** Options of `readFileList`, and of every call that reads within a session. */
export type ReadFileListOptions = ReadCall & {
  /** The key that `readSession` gave; a secret. */
  sessionKey: string;
};

/** Options of `readFile`, `openFile` and `readFileMetadata`. */
export type ReadFileOptions = ReadFileListOptions & {
  /** A name of `readFileList`. */
  fileName: string;
};

/** A file in the library. What else the platform sends is kept as it is. */
export interface ListedFile {
  name: string;
  /** Unix time in milliseconds. */
  updatedDate?: number | undefined;
  [field: string]: unknown;
}

/** How far the platform has got. */
export interface FileListStatus {
  /** `pending` and `running` mean: ask again; `partial` and `completed`: this is all. */
  state: string;
  /** By source: what went wrong there, and what was found. */
  details?: unknown;
  [field: string]: unknown;
}

/** The files so far, and the token that the call ended with. */
export interface ReadFileListResponse {
  status: FileListStatus;
  fileList?: ListedFile[] | undefined;
  userAccessToken: UserAccessToken;
}

/** What is known of a file in a library. */
export interface FileFacts {
  /** Metadata of raw files come back in lower case: `mimetype`, `accounts[].accountid`, `created` (Unix milliseconds), … */
  fileMetadata: Record<string, unknown>;
  fileName: string;
  /** The `Last-Modified` header: an HTTP date. */
  lastModified: string | undefined;
}

/** What `readFileMetadata` gives. */
export interface ReadFileMetadataResponse extends FileFacts {
  userAccessToken: UserAccessToken;
}

/** What `readFile` gives. */
export interface ReadFileResponse extends ReadFileMetadataResponse {
  /** The content in the clear. */
  fileData: Bytes;
}

/** What `openFile` gives. */
export interface OpenFileResponse extends ReadFileMetadataResponse {
  /** The content in the clear, as it comes. It is whole only when the stream ends. */
  stream: Readable;
}

/** The arguments of `readFileList`. @internal */
export const sessionFields: Record<string, Shape> = { sessionKey: pathSegment };

const listShape = readCall(sessionFields);
const fileShape = readCall({ ...sessionFields, fileName: pathSegment });
const fileListShape = object({
  status: object({ state: text }),
  fileList: optional(list(object({ name: text, updatedDate: optional(finite) }))),
});
const metadataShape = object({
  metadata: anyObject,
  compression: optional(oneOf('gzip', 'brotli', 'no-compression')),
});
const binaryShape = object({
  'content-type': where(
    (value) => typeof value === 'string' && value.startsWith('application/octet-stream'),
    'must be application/octet-stream',
  ),
});

/** @internal */
export async function readFileList(client: Client, args: ReadFileListOptions): Promise<ReadFileListResponse> {
  checkArguments('readFileList', listShape, args);
  const { answer, userAccessToken } = await requestForUser(client, asUserCall(args), {
    call: 'readFileList',
    method: 'GET',
    path: `permission-access/query/${encodeURIComponent(args.sessionKey)}`,
    shownPath: 'permission-access/query/…',
    expected: 'json',
    repeat: 'safe',
  });
  const { status, fileList } = parseAnswer<{ status: FileListStatus; fileList?: ListedFile[] }>(
    fileListShape,
    answer.body,
    answer,
  );
  return { status, ...(fileList ? { fileList } : {}), userAccessToken };
}

/** @internal */
export async function openFile(client: Client, args: ReadFileOptions): Promise<OpenFileResponse> {
  checkArguments('openFile', fileShape, args);
  return openFileFor(client, args, 'openFile');
}

/** @internal */
export async function readFile(client: Client, args: ReadFileOptions): Promise<ReadFileResponse> {
  checkArguments('readFile', fileShape, args);
  const { stream, ...facts } = await openFileFor(client, args, 'readFile');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { fileData: Buffer.concat(chunks), ...facts };
}

/** @internal */
export async function readFileMetadata(
  client: Client,
  args: ReadFileOptions,
): Promise<ReadFileMetadataResponse> {
  checkArguments('readFileMetadata', fileShape, args);
  const request = { ...requestOf(args), call: 'readFileMetadata', method: 'HEAD', expected: 'head' } as const;
  const { answer, userAccessToken } = await requestForUser(client, asUserCall(args), request);
  const { compression: _, ...facts } = fileFactsOf(answer, args.fileName);
  return { ...facts, userAccessToken };
}

async function openFileFor(client: Client, args: ReadFileOptions, call: string): Promise<OpenFileResponse> {
  const request = { ...requestOf(args), call, method: 'GET', expected: 'stream' } as const;
  const forUser = asUserCall(args);
  const { answer, userAccessToken } = await requestForUser(client, forUser, request);
  const { incoming } = answer;
  if (!incoming) throw ownError(answer.identity, 'UnexpectedResponse', 'no body');
  try {
    parseAnswer(binaryShape, answer.headers, answer);
    const { compression, ...facts } = fileFactsOf(answer, args.fileName);
    const encrypted = readAsStream(incoming, client.maxFileBytes, client.timeoutMs, (fault) =>
      ownError(answer.identity, fault.code, fault.message, incoming, fault.cause),
    );
    const key = loadContractKey(forUser.contractDetails.privateKey);
    const stream = decryptFile(encrypted, key, compression, client.maxFileBytes);
    return { ...facts, stream, userAccessToken };
  } catch (error) {
    incoming.body.destroy();
    incoming.close();
    throw error;
  }
}

function requestOf(args: ReadFileOptions): Pick<PlatformCall, 'path' | 'shownPath' | 'repeat'> {
  const name = encodeURIComponent(args.fileName);
  return {
    path: `permission-access/query/${encodeURIComponent(args.sessionKey)}/${name}`,
    shownPath: `permission-access/query/…/${name}`,
    repeat: 'safe',
  };
}

/** The facts in the headers of a file's answer: `x-metadata` is base64url JSON. @throws ServerError `UnexpectedResponse` */
function fileFactsOf(answer: PlatformAnswer, fileName: string): FileFacts & { compression: Compression } {
  const { metadata, compression } = parseAnswer<{
    metadata: Record<string, unknown>;
    compression?: Compression | 'no-compression';
  }>(metadataShape, decode(answer.headers['x-metadata']), answer);
  return {
    fileMetadata: metadata,
    fileName,
    lastModified: answer.headers['last-modified'],
    compression: compression === 'no-compression' ? undefined : compression,
  };
}

function decode(header: string | undefined): unknown {
  try {
    return parseJson(Buffer.from(header ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
