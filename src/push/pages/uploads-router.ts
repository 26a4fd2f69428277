import { type DataStore, Server } from '@tus/server';
import { type NextFunction, type Request, type Response, Router } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import type { PayloadStore, Signals, StoredPayload } from '../../storage/index.js';
import { type RateLimits, visitorOf } from '../../web/index.js';
import { parseFileMeta } from '../intake/file-meta.js';
import { safeFileName } from '../intake/file-name.js';
import { checkMimeType } from '../intake/mime-check.js';
import {
  chooseConnection,
  hashOf,
  idempotencyKeyOf,
  type PushDetails,
  type PushIntake,
} from '../intake/push-intake.js';
import { ResumableUploads } from '../intake/resumable-uploads.js';
import type { UploadGuard } from '../intake/upload-guard.js';
import { UploadLocks } from '../intake/upload-locks.js';
import type { PayloadSweeper } from '../ledger/payload-sweeper.js';
import type { UploadMetadata, UploadRecord, UploadRecords } from '../ledger/upload-records.js';

const path = '/uploads';
/** Uploads that one visitor has begun and not ended. */
const mostOpen = 20;
/** What only extensions that are not offered would send. Ignored, a checksum would look as if it had been verified. */
const notOffered = ['upload-defer-length', 'upload-concat', 'upload-checksum'] as const;

/** What `uploadsRouter` uses. */
interface UploadsRouterParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly guard: UploadGuard;
  readonly intake: PushIntake;
  readonly records: UploadRecords;
  readonly spool: PayloadStore;
  readonly sweeper: PayloadSweeper;
  readonly signals: Signals;
  /** Whether other processes may work on the same uploads. */
  readonly isShared: boolean;
  readonly maxUploadBytes: number;
  readonly limits: RateLimits;
}

/**
 * Resumable uploads for the library by the tus protocol 1.0 (https://tus.io/protocols/resumable-upload), extensions
 * creation, creation-with-upload, termination and expiration. Every request carries `Tus-Resumable: 1.0.0` and the
 * session's cookie; another visitor's upload is 404.
 *
 * | request | what it does |
 * | --- | --- |
 * | `OPTIONS /uploads` | `Tus-Version`, `Tus-Extension`, `Tus-Max-Size` |
 * | `POST /uploads` | begins: `Upload-Length`, `Upload-Metadata` (values in base64 of UTF-8) with `filename`, `fileMeta` (the JSON of the form's field) and, if wanted, `connection`, `idempotencyKey`. 201 with `Location` and `Upload-Expires`. Everything about the description is refused here, before a byte has travelled |
 * | `HEAD /uploads/{id}` | `Upload-Offset`, `Upload-Length`; once complete `Push-Location` as well |
 * | `PATCH /uploads/{id}` | `Upload-Offset`, `Content-Type: application/offset+octet-stream`, bytes. 204 with the new `Upload-Offset`; 409 for another offset than the server's. The one that completes the upload is answered with `Push-Location: /pushes/{id}`; repeated, it gives the same |
 * | `DELETE /uploads/{id}` | gives the upload up; a push that was made of it stays |
 *
 * What breaks off is kept and gone on with, also after a restart, for 24 hours. A file whose first bytes contradict its
 * type is refused with 422 as soon as those are there. Refusals of ours are the app's JSON errors; what breaks the
 * protocol is answered in plain text, as `@tus/server` does.
 */
export function uploadsRouter(parts: UploadsRouterParts): Router {
  const { connections, guard, intake, records, spool, sweeper, signals, isShared, maxUploadBytes } = parts;
  const uploads = new ResumableUploads({ records, spool, sweeper });
  const locks = new UploadLocks({ records, signals, isShared, current: () => uploads.current });
  const router = Router();
  const completing = new Map<string, Promise<string>>();
  const failures = new WeakMap<object, AppError>();
  const server = new Server({
    path,
    datastore: uploads as DataStore,
    locker: locks,
    relativeLocation: true,
    maxSize: maxUploadBytes,
    allowedOrigins: () => false,
    onUploadFinish: async (_request, { id }) => ({
      headers: { 'Push-Location': `/pushes/${await complete(uploads.current.req, id)}` },
    }),
    onResponseError: (request, error) => {
      if (error instanceof AppError) failures.set(request, error);
      else if (!('status_code' in error))
        failures.set(request, new AppError('InternalError', { cause: error }));
      return undefined;
    },
  });

  router.use(path, (req, _res, next) => {
    refuseWhatIsNotOffered(req);
    next();
  });
  router.options([path, `${path}/:id`], (req, res) => answer(req, res));
  router.post(path, ...parts.limits.uploads, async (req, res) => {
    const visitorId = requireVisitor(req);
    const { connectionId, size } = await checkBeginning(req, visitorId);
    if ((await records.countOpen(visitorId)) >= mostOpen)
      throw new AppError('TooManyUploads', { retryAfterSeconds: 60 });
    await guard.withRoomFor(visitorId, size, () => answer(req, res, { visitorId, connectionId }));
  });
  router.head(`${path}/:id`, async (req, res) => {
    const visitorId = requireVisitor(req);
    const { pushId } = await requireUpload(visitorId, req.params.id);
    if (pushId !== undefined) res.set('Push-Location', `/pushes/${pushId}`);
    await answer(req, res, { visitorId });
  });
  router.patch(`${path}/:id`, async (req, res) => {
    const visitorId = requireVisitor(req);
    await requireUpload(visitorId, req.params.id);
    const take = () => answer(req, res, { visitorId });
    // Its room was set aside when it began.
    await guard.admit(req, res, visitorId, take, async () => {}, 0);
  });
  router.delete(`${path}/:id`, async (req, res) => {
    const visitorId = requireVisitor(req);
    await requireUpload(visitorId, req.params.id);
    await answer(req, res, { visitorId });
  });
  router.use(path, (error: unknown, req: Request, res: Response, next: NextFunction) => {
    res.set('Tus-Resumable', '1.0.0');
    // Upload clients name no type that they accept: a page made for people would be of no use to them.
    req.headers.accept = 'application/json';
    next(error);
  });

  /** Lets tus answer. It never sees the body: the store reads it from the request as it comes. */
  async function answer(
    req: Request,
    res: Response,
    who?: { visitorId: string; connectionId?: string },
  ): Promise<void> {
    const headers = new Headers();
    for (const [name, value] of Object.entries(req.headers))
      if (typeof value === 'string' && /^(tus-resumable|upload-|content-(type|length)$)/.test(name))
        headers.set(name, value);
    const request = new globalThis.Request(new URL(req.originalUrl, 'http://localhost'), {
      method: req.method,
      headers,
    });
    const handle = () => server.handleWeb(request as never);
    const response = await (who === undefined ? handle() : uploads.runFor({ req, ...who }, handle));
    const failure = failures.get(request);
    if (failure !== undefined) throw failure;
    for (const [name, value] of response.headers)
      if (!name.startsWith('access-control-')) res.setHeader(name, value);
    // Bytes for another offset are of no use. Read on, they could be all of a large file once more: browsers repeat a
    // request whose connection broke, and look for the answer only when they have sent it.
    if (response.status === 409 && !req.complete)
      res.set('Connection', 'close').once('finish', () => req.destroy());
    res.status(response.status).end(await response.text());
  }

  async function requireUpload(visitorId: string, id: string) {
    const upload = await records.find(visitorId, id.slice(0, 36));
    if (upload === undefined || id.length !== 36) throw new AppError('NotFound');
    return upload;
  }

  /** What can be said about an upload before a byte of it has travelled. */
  async function checkBeginning(req: Request, visitorId: string) {
    const metadata = metadataOf(req);
    const mine = await connections.listOf(visitorId);
    const connection = chooseConnection(mine, 'library', metadata.connection || undefined);
    idempotencyKeyOf(req, metadata.idempotencyKey ?? undefined);
    parseFileMeta(requireMeta(metadata));
    const size = Number(req.get('upload-length') ?? 0);
    if (req.get('upload-length') === '0')
      throw new AppError('FileEmpty', { details: [{ path: 'file', message: 'fields:fileEmpty' }] });
    if (size > maxUploadBytes) throw new AppError('FileTooLarge', { values: { maxBytes: maxUploadBytes } });
    return { connectionId: connection.id, size: Number.isSafeInteger(size) ? size : 0 };
  }

  /** Makes the push of a complete upload, once however often it is asked for. @returns the push's id */
  function complete(req: Request, id: string): Promise<string> {
    const running = completing.get(id) ?? completeNow(req, id).finally(() => completing.delete(id));
    completing.set(id, running);
    return running;
  }

  async function completeNow(req: Request, id: string): Promise<string> {
    const record = await uploads.find(id);
    if (record.pushId !== undefined) return record.pushId;
    try {
      const push = await intake.storeAndAccept(
        async () => ({ payload: await uploads.completedPayload(record) }),
        ({ payload }) => describe(req, record, payload),
        true,
      );
      await uploads.completed(record, push.id);
      return push.id;
    } catch (error) {
      // Another process may have been asked for the same and got on with it.
      const { pushId } = await uploads.find(id);
      if (pushId !== undefined) return pushId;
      // Refused for good: it would be refused again. All else may be tried again with an empty PATCH.
      if (error instanceof AppError && error.status < 500) await uploads.remove(id);
      throw error;
    }
  }

  async function describe(req: Request, record: UploadRecord, payload: StoredPayload): Promise<PushDetails> {
    const { id, metadata, visitorId, connectionId } = record;
    const connection = chooseConnection(await connections.listOf(visitorId), 'library', connectionId);
    const descriptor = parseFileMeta(requireMeta(metadata));
    await checkMimeType(descriptor.mimeType, payload.head);
    const fileName = safeFileName(metadata.filename ?? '');
    return {
      connection,
      type: 'library',
      fileName,
      descriptor,
      // Without a key of the client's own the upload is the key: asked for twice it makes one push.
      idempotencyKey: idempotencyKeyOf(req, metadata.idempotencyKey ?? undefined) ?? `upload-${id}`,
      contentHash: hashOf(connection.id, fileName, payload.sha256, JSON.stringify(descriptor)),
    };
  }
  return router;
}

/** @throws AppError InvalidRequest, which names the header */
function refuseWhatIsNotOffered(req: Request): void {
  const wrong = notOffered.find((name) => req.headers[name] !== undefined);
  if (wrong !== undefined)
    throw new AppError('InvalidRequest', { details: [{ path: wrong, message: 'fields:tusExtension' }] });
  // Bytes count from `Upload-Offset` as they are stored; compressed ones would be other bytes than those that were meant.
  if (!['', 'identity'].includes(req.get('content-encoding') ?? ''))
    throw new AppError('InvalidRequest', {
      details: [{ path: 'content-encoding', message: 'fields:tusEncoding' }],
    });
}

function requireVisitor(req: Request): string {
  const visitorId = visitorOf(req);
  if (visitorId === undefined) throw new AppError('ConnectionNotFound');
  return visitorId;
}

/** tus 1.0, "Upload-Metadata": pairs of key and base64 value. @throws AppError InvalidRequest */
function metadataOf(req: Request): UploadMetadata {
  const metadata: Record<string, string> = Object.create(null);
  for (const pair of (req.get('upload-metadata') ?? '').split(',')) {
    const [key = '', value = '', ...more] = pair.trim().split(' ');
    if (key === '' || more.length > 0) continue;
    metadata[key] = Buffer.from(value, 'base64').toString('utf8');
  }
  return metadata;
}

function requireMeta(metadata: UploadMetadata): string {
  if (metadata.fileMeta) return metadata.fileMeta;
  throw new AppError('FileMetaInvalid', {
    details: [{ path: 'fileMeta', message: 'fields:fileMetaMissing' }],
  });
}
