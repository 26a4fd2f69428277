import type { Readable } from 'node:stream';
import { z } from 'zod';
import { object } from '../arguments/argument-shape.js';
import { checkArguments, pathSegment } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { loadContractKey } from '../crypto/contract-key.js';
import { decryptFile } from '../crypto/decrypt-file.js';
import { asUserCall, requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { readAsStream } from '../wire/answer-body.js';
import { ownError } from '../wire/interpret-refusal.js';
import { parseAnswer } from '../wire/parse-answer.js';
import type { PlatformCall } from '../wire/platform-call.js';
import { type FileFacts, fileFactsOf } from './file-metadata.js';
import { type ReadFileListArguments, readShape } from './read-file-list.js';

/** Arguments of `readFile`, `openFile` and `readFileMetadata`. */
export interface ReadFileArguments extends ReadFileListArguments {
  /** A name of `readFileList`. */
  fileName: string;
}

const shape = object({ ...readShape, fileName: pathSegment });

/**
 * Opens a file of the library: a stream that decrypts and decompresses as it goes, in little memory. The stream fails with
 * `FileDecryptionError` (wrong key, damaged, longer than `maxFileBytes`) or `ServerError`; only when it ends is it whole.
 */
export async function openFile(
  client: Client,
  args: ReadFileArguments,
): Promise<FileFacts & { stream: Readable; userAccessToken: UserAccessToken }> {
  checkArguments('openFile', shape, args);
  return openFileFor(client, args, 'openFile');
}

/** A file of the library in memory, decrypted. Rejects with `ServerError` or `FileDecryptionError`. */
export async function readFile(
  client: Client,
  args: ReadFileArguments,
): Promise<FileFacts & { fileData: Buffer; userAccessToken: UserAccessToken }> {
  checkArguments('readFile', shape, args);
  const { stream, ...facts } = await openFileFor(client, args, 'readFile');
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { fileData: Buffer.concat(chunks), ...facts };
}

/** What is known of a file, without its content. Rejects with `ServerError`. */
export async function readFileMetadata(
  client: Client,
  args: ReadFileArguments,
): Promise<FileFacts & { userAccessToken: UserAccessToken }> {
  checkArguments('readFileMetadata', shape, args);
  const request = { ...requestOf(args), call: 'readFileMetadata', method: 'HEAD', expected: 'head' } as const;
  const { answer, userAccessToken } = await requestForUser(client, asUserCall(args), request);
  const { compression: _, ...facts } = fileFactsOf(answer, args.fileName);
  return { ...facts, userAccessToken };
}

async function openFileFor(client: Client, args: ReadFileArguments, call: string) {
  const request = { ...requestOf(args), call, method: 'GET', expected: 'stream' } as const;
  const { answer, userAccessToken } = await requestForUser(client, asUserCall(args), request);
  const { incoming } = answer;
  if (!incoming) throw ownError(answer.identity, 'UnexpectedResponse', 'no body');
  try {
    parseAnswer(
      z.object({ 'content-type': z.string().startsWith('application/octet-stream') }),
      answer.headers,
      answer,
    );
    const { compression, ...facts } = fileFactsOf(answer, args.fileName);
    const encrypted = readAsStream(incoming, client.maxFileBytes, client.timeoutMs, (fault) =>
      ownError(answer.identity, fault.code, fault.message, incoming, fault.cause),
    );
    const key = loadContractKey(args.privateKey);
    const stream = decryptFile(encrypted, key, compression, client.maxFileBytes);
    return { ...facts, stream, userAccessToken };
  } catch (error) {
    incoming.body.destroy();
    incoming.close();
    throw error;
  }
}

function requestOf(args: ReadFileArguments): Pick<PlatformCall, 'path' | 'shownPath' | 'repeat'> {
  const name = encodeURIComponent(args.fileName);
  return {
    path: `permission-access/query/${encodeURIComponent(args.sessionKey)}/${name}`,
    shownPath: `permission-access/query/…/${name}`,
    repeat: 'safe',
  };
}
