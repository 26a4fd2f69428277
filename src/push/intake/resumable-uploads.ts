import { AsyncLocalStorage } from 'node:async_hooks';
import type { Hash } from 'node:crypto';
import { DataStore, ERRORS, Upload } from '@tus/server';
import type { Request } from 'express';
import { AppError } from '../../errors.js';
import { bytesSoFar, type PayloadStore, ResumablePayload } from '../../storage/index.js';
import type { PayloadSweeper } from '../ledger/payload-sweeper.js';
import { type UploadRecord, type UploadRecords, uploadExpiryMs } from '../ledger/upload-records.js';
import { parseFileMeta } from './file-meta.js';
import { checkMimeType } from './mime-check.js';

/** So often what has arrived is made durable: what a process that dies makes the client send again. */
const syncEveryBytes = 8 * 2 ** 20;
const rememberedHashes = 1000;

/** Whose request the store works for: tus itself only knows ids. */
export interface UploadRequest {
  readonly req: Request;
  readonly visitorId: string;
  /** The connection that a new upload is for. */
  readonly connectionId?: string;
  /** Set once `UploadLocks` holds the upload in the ledger. */
  holder?: string;
}

/** What `ResumableUploads` uses. */
interface ResumableUploadsParts {
  readonly records: UploadRecords;
  readonly spool: Pick<PayloadStore, 'openSegments'>;
  readonly sweeper: Pick<PayloadSweeper, 'discard'>;
}

/** A store for `@tus/server` that keeps what arrives as sealed payloads, each visitor's apart. */
export class ResumableUploads extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
  readonly #parts: ResumableUploadsParts;
  readonly #current = new AsyncLocalStorage<UploadRequest>();
  /** SHA-256 so far, of uploads that this process has seen from their first byte. */
  readonly #hashes = new Map<string, { offset: number; hash: Hash }>();

  constructor(parts: ResumableUploadsParts) {
    super();
    this.#parts = parts;
  }

  /** Runs `task`, in which the store's methods work for this request. */
  runFor<T>(request: UploadRequest, task: () => Promise<T>): Promise<T> {
    return this.#current.run(request, task);
  }

  /** The request that is being worked for now. */
  get current(): UploadRequest {
    const request = this.#current.getStore();
    if (request === undefined) throw new Error('the store is used outside a request');
    return request;
  }

  override getExpiration(): number {
    return uploadExpiryMs;
  }

  override async create(upload: Upload): Promise<Upload> {
    const { visitorId, connectionId } = this.current;
    if (connectionId === undefined) throw new AppError('ConnectionNotFound');
    upload.id = await this.#parts.records.add({
      visitorId,
      connectionId,
      size: upload.size ?? 0,
      metadata: upload.metadata ?? {},
    });
    upload.creation_date = new Date().toISOString();
    return upload;
  }

  /** @throws AppError NotFound, also for somebody else's */
  override async getUpload(id: string): Promise<Upload> {
    const record = await this.find(id);
    return new Upload({
      id,
      size: record.size,
      offset: record.pushId === undefined ? bytesSoFar(record.progress) : record.size,
      metadata: { ...record.metadata },
      creation_date: new Date(record.createdAt).toISOString(),
    });
  }

  /** The visitor's upload. @throws AppError NotFound */
  async find(id: string): Promise<UploadRecord> {
    const record = await this.#parts.records.find(this.current.visitorId, id);
    if (record === undefined) throw new AppError('NotFound');
    return record;
  }

  /**
   * Takes in what the request brings, from `offset` on. What arrived before it broke off is kept.
   * @returns the new offset
   * @throws AppError MimeTypeMismatch as soon as the file's first bytes contradict its description; the upload is then
   *   removed; UploadAborted, StorageFull, StorageUnavailable
   */
  override async write(_stream: unknown, id: string, offset: number): Promise<number> {
    const record = await this.find(id);
    if (record.pushId !== undefined) return record.size;
    const payload = this.#payloadOf(record);
    if (payload.offset !== offset) throw ERRORS.INVALID_OFFSET;
    const { req, holder } = this.current;
    const taking = new Taking(record, payload, (progress) =>
      this.#parts.records.keepProgress(id, progress, holder),
    );
    try {
      await taking.takeFrom(req);
      return payload.offset;
    } catch (error) {
      if (error instanceof AppError && error.code === 'MimeTypeMismatch') await this.remove(id);
      throw error;
    } finally {
      await payload.close();
      this.#rememberHash(id, payload);
    }
  }

  /** The complete payload of an upload, sealed to its end. */
  async completedPayload(record: UploadRecord) {
    const payload = this.#payloadOf(record);
    try {
      return await payload.complete();
    } finally {
      await payload.close();
    }
  }

  /** The push has the payload now: what it was put together from goes. */
  async completed({ id, progress }: UploadRecord, pushId: string): Promise<void> {
    this.#hashes.delete(id);
    await this.#parts.records.complete(id, pushId);
    for (const part of progress.parts) await this.#parts.sweeper.discard(part);
  }

  override async remove(id: string): Promise<void> {
    await this.find(id);
    this.#hashes.delete(id);
    for (const name of await this.#parts.records.remove(id)) await this.#parts.sweeper.discard(name);
  }

  #payloadOf({ id, spoolName, key, progress }: UploadRecord): ResumablePayload {
    const name = spoolName ?? '';
    const known = this.#hashes.get(id);
    const hash = known?.offset === bytesSoFar(progress) ? known.hash.copy() : undefined;
    const stored = this.#parts.spool.openSegments(name, progress.parts, progress.segments > 0);
    return new ResumablePayload(stored, name, key, progress, hash);
  }

  #rememberHash(id: string, payload: ResumablePayload): void {
    if (payload.hash === undefined) return;
    if (this.#hashes.size >= rememberedHashes) this.#hashes.clear();
    this.#hashes.set(id, { offset: payload.offset, hash: payload.hash });
  }
}

/** One go of an upload. */
class Taking {
  readonly #record: UploadRecord;
  readonly #payload: ResumablePayload;
  readonly #keep: (progress: UploadRecord['progress']) => Promise<boolean>;
  #isTypeChecked = false;

  constructor(
    record: UploadRecord,
    payload: ResumablePayload,
    keep: (progress: UploadRecord['progress']) => Promise<boolean>,
  ) {
    this.#record = record;
    this.#payload = payload;
    this.#keep = keep;
  }

  async takeFrom(req: Request): Promise<void> {
    let sinceSync = 0;
    let failure: unknown;
    try {
      for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (this.#payload.offset + chunk.length > this.#record.size) throw ERRORS.ERR_SIZE_EXCEEDED;
        await this.#payload.put(chunk);
        await this.#checkType(false);
        sinceSync += chunk.length;
        if (sinceSync < syncEveryBytes) continue;
        sinceSync = 0;
        await this.#sync();
      }
      await this.#checkType(this.#payload.offset === this.#record.size);
    } catch (error) {
      failure = error;
    }
    if (failure instanceof AppError && failure.code === 'MimeTypeMismatch') throw failure;
    // Also when it broke off: this is where the client goes on.
    await this.#sync();
    if (failure !== undefined || !req.complete) throw req.complete ? failure : new AppError('UploadAborted');
  }

  async #sync(): Promise<void> {
    if (!(await this.#keep(await this.#payload.sync()))) throw new AppError('NotFound');
  }

  async #checkType(isWhole: boolean): Promise<void> {
    if (this.#isTypeChecked || (!isWhole && this.#payload.offset < 4100)) return;
    const { mimeType } = parseFileMeta(this.#record.metadata.fileMeta ?? '');
    const head = await this.#payload.head();
    if (head.length > 0) await checkMimeType(mimeType, head);
    this.#isTypeChecked = true;
  }
}
