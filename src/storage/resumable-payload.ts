import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './file-sink.js';
import { openSegment, sealSegment, segmentBytes, tagBytes } from './payload-cipher.js';
import { headBytes, inlineBytes, type StoredPayload } from './payload-writer.js';
import { readSegments } from './spool.js';
import { asSpoolError } from './storage-error.js';

const sealedSegmentBytes = segmentBytes + tagBytes;

/** How far a payload has come that arrives in several goes. */
export interface ResumableProgress {
  /** Whole segments that are in the file, sealed and synced. */
  readonly segments: number;
  /** The plain bytes behind them: less than a segment. Kept beside the file, because a segment is sealed only once. */
  readonly tail: Buffer;
}

/** Plain bytes that have arrived. */
export const bytesSoFar = ({ segments, tail }: ResumableProgress): number =>
  segments * segmentBytes + tail.length;

/**
 * A payload that may be interrupted and gone on with, in another process too. Its file has the form of `PayloadWriter`'s:
 * whole segments are sealed as they fill up; sealing a part of one now and more of it later would use its nonce twice.
 * @throws AppError StorageFull, StorageUnavailable from every method
 */
export class ResumablePayload {
  readonly #path: string;
  readonly #spoolName: string;
  readonly #key: Buffer;
  readonly #tail = Buffer.allocUnsafe(segmentBytes);
  #tailLength: number;
  #segments: number;
  #file: FileHandle | undefined;
  /** Of all bytes; only where this process has seen them all. */
  #hash: Hash | undefined;

  /** @param hash what `hash` gave when the progress was made, where it is still known */
  constructor(path: string, spoolName: string, key: Buffer, progress: ResumableProgress, hash?: Hash) {
    this.#path = path;
    this.#spoolName = spoolName;
    this.#key = key;
    this.#segments = progress.segments;
    this.#tailLength = progress.tail.copy(this.#tail);
    this.#hash = hash ?? (this.offset === 0 ? createHash('sha256') : undefined);
  }

  /** Plain bytes so far. */
  get offset(): number {
    return this.#segments * segmentBytes + this.#tailLength;
  }

  get hash(): Hash | undefined {
    return this.#hash;
  }

  async put(chunk: Buffer): Promise<void> {
    this.#hash?.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(this.#tail, this.#tailLength, at);
      at += copied;
      this.#tailLength += copied;
      if (this.#tailLength === segmentBytes) await this.#writeTail();
    }
  }

  /** The first bytes, as many as telling a file's type takes, or what there is of them. */
  async head(): Promise<Buffer> {
    const tail = this.#tail.subarray(0, Math.min(headBytes, this.#tailLength));
    if (this.#segments === 0) return Buffer.from(tail);
    const file = await this.#opened();
    const sealed = Buffer.alloc(sealedSegmentBytes);
    await file.read(sealed, 0, sealed.length, 0).catch((error) => Promise.reject(asSpoolError(error)));
    return openSegment(this.#key, 0, false, sealed).subarray(0, headBytes);
  }

  /** Syncs what was written; when this resolves the progress can be promised. */
  async sync(): Promise<ResumableProgress> {
    await this.#guarded(async () => this.#file?.datasync());
    return { segments: this.#segments, tail: Buffer.from(this.#tail.subarray(0, this.#tailLength)) };
  }

  /** Seals the end. May be repeated after a crash: the same bytes are written again. The payload is durable then. */
  async complete(): Promise<StoredPayload> {
    const size = this.offset;
    const tail = Buffer.from(this.#tail.subarray(0, this.#tailLength));
    const facts = { size, head: await this.head(), key: this.#key };
    if (size <= inlineBytes) {
      const sealed = Buffer.concat(sealSegment(this.#key, 0, true, tail));
      return { ...facts, sha256: createHash('sha256').update(tail).digest('hex'), sealed };
    }
    await this.#guarded(async () => {
      const file = await this.#opened();
      const last = tail.length > 0 ? sealSegment(this.#key, this.#segments, false, tail) : [];
      const segments = this.#segments + (tail.length > 0 ? 1 : 0);
      const end = Buffer.concat([...last, ...sealSegment(this.#key, segments, true, Buffer.alloc(0))]);
      const at = this.#segments * sealedSegmentBytes;
      await writeAt(file, end, at);
      await file.truncate(at + end.length);
      await file.datasync();
      await file.close();
      this.#file = undefined;
    });
    return { ...facts, sha256: await this.#sha256(), spoolName: this.#spoolName };
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }

  async #sha256(): Promise<string> {
    if (this.#hash !== undefined) return this.#hash.copy().digest('hex');
    const hash = createHash('sha256');
    for await (const plain of readSegments(this.#path, this.#key)) hash.update(plain);
    return hash.digest('hex');
  }

  async #writeTail(): Promise<void> {
    await this.#guarded(async () => {
      const file = await this.#opened();
      const sealed = Buffer.concat(sealSegment(this.#key, this.#segments, false, this.#tail));
      await writeAt(file, sealed, this.#segments * sealedSegmentBytes);
    });
    this.#segments++;
    this.#tailLength = 0;
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    this.#file = await open(this.#path, this.#segments === 0 ? 'w+' : 'r+', 0o600);
    if (this.#segments === 0) await syncFolder(dirname(this.#path));
    return this.#file;
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw asSpoolError(error);
    }
  }
}

/** A write may take less than asked for: a full disk does that before it fails. */
async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
