import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Connection, ConnectionType } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import { oneString } from '../../web/index.js';
import type { PushParts } from '../parts.js';
import type { Push } from '../push.js';
import { acceptPush } from './accept-push.js';
import { composeDescriptor, type FileDescriptor, parseFileMeta } from './file-meta.js';
import { safeFileName } from './file-name.js';
import { lingeringClose } from './lingering-close.js';
import { checkMimeType } from './mime-check.js';
import { type ReceivedUpload, receiveUpload } from './receive-upload.js';

/** RFC-style opaque key: visible ASCII, at most 255 characters. */
const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;

/** Reads `Idempotency-Key`, from the header or the form's field. @throws AppError InvalidRequest */
export function idempotencyKeyOf(req: Request, field: string | undefined): string | undefined {
  const key = req.get('Idempotency-Key') ?? (field || undefined);
  if (key !== undefined && !idempotencyKeyPattern.test(key))
    throw new AppError('InvalidRequest', {
      details: [{ path: 'Idempotency-Key', message: 'fields:idempotencyKey' }],
    });
  return key;
}

/**
 * The visitor's connection that a push is for: the one named, else the newest of the kind.
 * @throws AppError ConnectionNotFound, also for one that belongs to somebody else
 */
export function chooseConnection(
  connections: readonly Connection[],
  type: ConnectionType,
  id: string | undefined,
): Connection {
  const ofType = connections.filter((connection) => connection.type === type);
  const chosen = id === undefined ? ofType[0] : ofType.find((connection) => connection.id === id);
  if (chosen === undefined) throw new AppError('ConnectionNotFound');
  return chosen;
}

/**
 * Takes one upload for the library in: streams it to the spool, checks it, and commits it to the ledger. When this
 * resolves the push is durable; when it rejects nothing of it is left.
 * @throws AppError with the reason; see `UploadGuard`, `receiveUpload`, `checkDescriptor`, `checkMimeType`
 */
export async function acceptLibraryUpload(
  parts: PushParts,
  req: Request,
  res: Response,
  visitorId: string,
): Promise<Push> {
  const connections = await parts.connections.listOf(visitorId);
  // Refused before the body is read: without a connection there is nobody to push to.
  chooseConnection(connections, 'library', oneString(req.query.connection) ?? undefined);
  const discard = async ({ payload }: ReceivedUpload) => {
    if (payload.spoolName !== undefined) await parts.keeper.discard(payload.spoolName);
  };
  const receive = () => receiveUpload(req, res, parts.spool, parts.uploads.maxUploadBytes);
  const upload = await parts.guard.admit(req, visitorId, receive, discard).catch((error) => {
    lingeringClose(req, res);
    throw error;
  });
  try {
    const { push, isNew } = await commit(parts, req, visitorId, connections, upload);
    if (!isNew) await discard(upload);
    return push;
  } catch (error) {
    const { spoolName } = upload.payload;
    if (error instanceof AppError) await discard(upload);
    else if (spoolName !== undefined) await parts.keeper.discardUnlessKnown(spoolName);
    throw error;
  }
}

async function commit(
  parts: PushParts,
  req: Request,
  visitorId: string,
  connections: readonly Connection[],
  upload: ReceivedUpload,
): Promise<{ push: Push; isNew: boolean }> {
  const { fields, payload } = upload;
  const connection = chooseConnection(
    connections,
    'library',
    fields.connection || (oneString(req.query.connection) ?? undefined),
  );
  const idempotencyKey = idempotencyKeyOf(req, fields.idempotencyKey);
  const descriptor = descriptorOf(upload);
  if (payload.size === 0)
    throw new AppError('FileEmpty', { details: [{ path: 'file', message: 'fields:fileEmpty' }] });
  await checkMimeType(descriptor.mimeType, payload.head);
  const fileName = safeFileName(upload.fileName);
  return acceptPush(parts, {
    visitorId,
    connectionId: connection.id,
    type: 'library',
    fileName,
    payload,
    descriptor,
    idempotencyKey,
    contentHash: hashOf(connection.id, fileName, payload.sha256, JSON.stringify(descriptor)),
    state: connection.state === 'active' ? 'queued' : 'needs-reauthorization',
    retryBudgetMs: parts.dispatch.retryBudgetMs,
  });
}

function descriptorOf({ fields, partType }: ReceivedUpload): FileDescriptor {
  if (fields.fileMeta !== undefined && fields.fileMeta.trim() !== '') return parseFileMeta(fields.fileMeta);
  if (fields.accountId === undefined)
    throw new AppError('FileMetaInvalid', {
      details: [{ path: 'fileMeta', message: 'fields:fileMetaMissing' }],
    });
  return composeDescriptor(fields, partType);
}

/** SHA-256 over parts that can't run into one another. */
export function hashOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
