import { z } from 'zod';
import { object, optional } from '../arguments/argument-shape.js';
import {
  callback,
  callOptions,
  checkArguments,
  contractId,
  pathSegment,
  privateKey,
  userAccessToken,
} from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { asUserCall, type ReadCall, requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { parseAnswer } from '../wire/parse-answer.js';

/** Arguments of `readFileList`, and of every call that reads within a session. */
export interface ReadFileListArguments extends ReadCall {
  /** The key that `readSession` gave. */
  sessionKey: string;
}

/** A file in the library. What else the platform sends is kept as it is. */
export interface ListedFile {
  name: string;
  /** Unix time in milliseconds. */
  updatedDate?: number | undefined;
  [field: string]: unknown;
}

/** How far the platform has got; `pending` and `running` mean: ask again. */
export interface ReadStatus {
  state: string;
  details?: unknown;
  [field: string]: unknown;
}

/** The files so far. */
export interface FileList {
  status: ReadStatus;
  fileList?: ListedFile[] | undefined;
  userAccessToken: UserAccessToken;
}

/** The shape of those arguments. */
export const readShape = {
  ...callOptions,
  sessionKey: pathSegment,
  contractId,
  privateKey,
  userAccessToken,
  onAccessTokenChange: optional(callback),
  onAccessTokenRefresh: optional(callback),
};

const shape = object(readShape);
const listShape = z.looseObject({
  status: z.looseObject({ state: z.string().min(1) }),
  fileList: z
    .array(z.looseObject({ name: z.string().min(1), updatedDate: z.number().optional() }))
    .optional(),
});

/** The files of a reading session, and whether more will come. Rejects with `ServerError`. */
export async function readFileList(client: Client, args: ReadFileListArguments): Promise<FileList> {
  checkArguments('readFileList', shape, args);
  const { answer, userAccessToken } = await requestForUser(client, asUserCall(args), {
    call: 'readFileList',
    method: 'GET',
    path: `permission-access/query/${encodeURIComponent(args.sessionKey)}`,
    shownPath: 'permission-access/query/…',
    expected: 'json',
    repeat: 'safe',
  });
  const { status, fileList } = parseAnswer(listShape, answer.body, answer);
  return { status, ...(fileList ? { fileList } : {}), userAccessToken };
}
