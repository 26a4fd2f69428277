import type { Buffer as Bytes } from 'node:buffer';
import {
  anyText,
  callback,
  checkArguments,
  headerText,
  text,
  userCall,
  wholeNumber,
  writable,
} from '../arguments/arguments.js';
import type { UserCall } from '../arguments/call-options.js';
import {
  allOf,
  anyObject,
  list,
  object,
  oneOf,
  optional,
  optionalOrEmpty,
  type Shape,
} from '../arguments/shape.js';
import type { Client } from '../client.js';
import { TypeValidationError } from '../errors.js';
import { requestForUser } from '../token/call-for-user.js';
import type { Unreadable } from '../wire/answer.js';
import type { PlatformAnswer } from '../wire/attempt.js';
import { demandReplayable, type FileData, fileDataShape, openFileSource } from '../wire/file-source.js';

/** What the platform, or the provider behind it, answered to a push that it has accepted. */
export interface PushResponse {
  /** HTTP status, 200 to 299. */
  status: number;
  /** Its JSON, parsed; missing where it sent none. For a provider that may be medical data. */
  body?: unknown;
  /**
   * Why there is no `body` although the answer had one: it is of another type (`application/fhir+xml`:
   * `UnexpectedContentType`), is no JSON or nested more than 200 levels deep (`UnexpectedResponse`), or, from a provider, is
   * larger than `maxResponseBytes` (`ResponseTooLarge`). The push has been accepted all the same: do not send it again, look
   * at the provider or ask the person.
   */
  unreadable?: Unreadable;
}

/** What both kinds of push accept. */
export interface PushOptions extends UserCall {
  /**
   * Gets the answer of the push that succeeded: every 2xx whose body has ended, a web page (HTML) excepted, which is what
   * captive portals send. See `PushResponse.unreadable` for a body that says nothing to this client. What the callback throws
   * rejects the call, but the push has happened.
   *
   * A 2xx whose body breaks off, or does not end in time, still rejects (`TruncatedResponse`, `Timeout`), and so does a larger
   * one from a library: such a push may have arrived.
   */
  onResponse?: ((response: PushResponse) => void) | undefined;
}

/** What a file is: travels signed beside it, and comes back with it as its metadata. */
export interface FileDescriptor {
  /** Such as `application/pdf`. */
  mimeType: string;
  /** Whose data it is: ids of accounts in the pusher's own system. */
  accounts: { accountId: string }[];
  /** The pusher's own references to the file. */
  reference?: string[] | undefined;
  /** Words to find it by. */
  tags?: string[] | undefined;
}

/** A file for the library. */
export interface FileToPush {
  /** The bytes of the file. */
  fileData: FileData;
  /** For the caller's own records; the platform has no place for it. */
  fileName?: string | undefined;
  /** What the file is. */
  fileDescriptor: FileDescriptor;
  /**
   * Bytes of the file, for streams: sent as `Content-Length`, and a stream that gives more or fewer never counts as
   * delivered. Without it a stream is sent in chunks.
   */
  fileSize?: number | undefined;
}

/** Options of `pushData` to a library. */
export interface PushToLibraryOptions extends PushOptions {
  /** Default `library`. */
  type?: 'library' | undefined;
  /** The same as `type`, as one document spells it. */
  push?: 'library' | undefined;
  /** The file and what it is. */
  data: FileToPush;
}

/** What `pushData` to a provider needs beside how it is told from a push to the library. */
export interface ProviderPush extends PushOptions {
  /**
   * The resource or bundle that the provider takes (MedMij: FHIR STU3). A `Buffer` holds it as JSON text in UTF-8 and is sent
   * as it is: an object can't tell the decimal 78.40 from 78.4, in FHIR a difference of precision.
   */
  data: Record<string, unknown> | Bytes;
  /** The version of FHIR; both mean STU3. */
  version: 'stu3' | '3.0.2';
  /** Default `fhir`. */
  standard?: 'fhir' | undefined;
  /** The `id` of an account of `readAccounts`: the one whose `reference` the callback gave. */
  accountId: string;
}

/** Options of `pushData` to a provider; one of `type` and `push` must say so. */
export type PushToProviderOptions = ProviderPush &
  ({ type: 'provider'; push?: 'provider' | undefined } | { type?: 'provider' | undefined; push: 'provider' });

/** Options of `pushData`: by `type`, or `push` as one source document spells it; without either, `library`. */
export type PushDataOptions = PushToLibraryOptions | PushToProviderOptions;

const kind = optional(oneOf('library', 'provider'));
const kindShape: Shape = allOf(object({ type: kind, push: kind }), (value) => {
  const { type, push } = value as PushDataOptions;
  return type && push && type !== push ? { path: 'push', message: 'contradicts type' } : undefined;
});
const dataShape = object({
  fileData: fileDataShape,
  fileName: optionalOrEmpty(text),
  fileDescriptor: allOf(
    object({
      mimeType: text,
      accounts: list(object({ accountId: text })),
      reference: optional(list(anyText)),
      tags: optional(list(anyText)),
    }),
    writable,
  ),
  fileSize: optional(wholeNumber),
});
const sizeFits: Shape = (value) => {
  const { fileData, fileSize } = value as FileToPush;
  const fits =
    fileSize === undefined || !(fileData instanceof Uint8Array) || fileData.byteLength === fileSize;
  return fits ? undefined : { path: 'fileSize', message: 'is not the size of the Buffer' };
};
const libraryShape = object({
  ...userCall,
  onResponse: optional(callback),
  data: allOf(dataShape, sizeFits),
});
const providerShape = object({
  ...userCall,
  onResponse: optional(callback),
  data: (value) => (Buffer.isBuffer(value) ? undefined : anyObject(value)),
  version: oneOf('stu3', '3.0.2'),
  standard: optional(oneOf('fhir')),
  accountId: headerText,
});

type AnswerToPush = { answer: PlatformAnswer };

/** @internal */
export async function pushData(client: Client, args: PushDataOptions): Promise<void> {
  checkArguments('pushData', kindShape, args);
  const { answer } = await (isForProvider(args) ? pushToProvider(client, args) : pushToLibrary(client, args));
  if (!args.onResponse) return;
  const { status, body, unreadable } = answer;
  args.onResponse({ status, ...(body === undefined ? {} : { body }), ...(unreadable && { unreadable }) });
}

/** `POST permission-access/import` with the file's raw bytes. */
function pushToLibrary(client: Client, args: PushToLibraryOptions): Promise<AnswerToPush> {
  checkArguments('pushData', libraryShape, args);
  const { fileData, fileDescriptor, fileSize } = args.data;
  return requestForUser(
    client,
    args,
    {
      call: 'pushData',
      method: 'POST',
      path: 'permission-access/import',
      fileDescriptor,
      content: { contentType: 'application/octet-stream', open: () => openFileSource(fileData, fileSize) },
      expected: 'library-receipt',
      repeat: 'never',
    },
    (refusal) => demandReplayable(fileData, refusal),
  );
}

/** JSON to `permission-access/import/h:accountId/…`; the account travels in a header. */
function pushToProvider(client: Client, args: PushToProviderOptions): Promise<AnswerToPush> {
  checkArguments('pushData', providerShape, args);
  const content = toJson(args.data);
  return requestForUser(client, args, {
    call: 'pushData',
    method: 'POST',
    path: `permission-access/import/h:accountId/${args.standard ?? 'fhir'}/${args.version}`,
    headers: { accountId: args.accountId },
    content: { contentType: 'application/json', open: () => ({ content, sizeBytes: content.length }) },
    hideAnswer: true,
    expected: 'provider-receipt',
    repeat: 'never',
  });
}

function isForProvider(args: PushDataOptions): args is PushToProviderOptions {
  return args.type === 'provider' || args.push === 'provider';
}

function toJson(data: Record<string, unknown> | Buffer): Buffer {
  if (Buffer.isBuffer(data)) {
    if (!/^\s*\{/.test(data.subarray(0, 64).toString())) {
      throw new TypeValidationError('pushData: data: does not hold a JSON object');
    }
    return data;
  }
  try {
    return Buffer.from(JSON.stringify(data));
  } catch {
    throw new TypeValidationError('pushData: data: cannot be written as JSON');
  }
}
