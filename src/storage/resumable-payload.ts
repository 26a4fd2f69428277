import { createHash, type Hash } from 'node:crypto';
import { openSegment, sealSegment, segmentBytes } from './payload-cipher.js';
import { headBytes, inlineBytes, type StoredPayload } from './payload-writer.js';
import type { SealedSegments } from './sealed-segments.js';

/** How far a payload has come that arrives in several goes. */
export interface ResumableProgress {
  /** Whole segments that are in the store, sealed and synced. */
  readonly segments: number;
  /** The plain bytes behind them: less than a segment. Kept beside them, because a segment is sealed only once. */
  readonly tail: Buffer;
  /** Names in the store that hold the segments, where the payload's own name does not. */
  readonly parts: readonly string[];
}

/** Plain bytes that have arrived. */
export const bytesSoFar = ({ segments, tail }: ResumableProgress): number =>
  segments * segmentBytes + tail.length;

/**
 * A payload that may be interrupted and gone on with, in another process too. It has the form of `PayloadWriter`'s:
 * whole segments are sealed as they fill up; sealing a part of one now and more of it later would use its nonce twice.
 * @throws AppError StorageFull, StorageUnavailable, NotFound when what had arrived is gone; from every method
 */
export class ResumablePayload {
  readonly #stored: SealedSegments;
  readonly #spoolName: string;
  readonly #key: Buffer;
  readonly #tail = Buffer.allocUnsafe(segmentBytes);
  #tailLength: number;
  #segments: number;
  /** Of all bytes; only where this process has seen them all. */
  #hash: Hash | undefined;

  /** @param hash what `hash` gave when the progress was made, where it is still known */
  constructor(
    stored: SealedSegments,
    spoolName: string,
    key: Buffer,
    progress: Pick<ResumableProgress, 'segments' | 'tail'>,
    hash?: Hash,
  ) {
    this.#stored = stored;
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
    if (this.#segments === 0)
      return Buffer.from(this.#tail.subarray(0, Math.min(headBytes, this.#tailLength)));
    return openSegment(this.#key, 0, false, await this.#stored.first()).subarray(0, headBytes);
  }

  /** Syncs what was written; when this resolves the progress can be promised. */
  async sync(): Promise<ResumableProgress> {
    const parts = await this.#stored.sync();
    return { segments: this.#segments, tail: Buffer.from(this.#tail.subarray(0, this.#tailLength)), parts };
  }

  /** Seals the end. May be repeated after a crash: the same bytes are written again. The payload is durable then. */
  async complete(): Promise<StoredPayload> {
    const size = this.offset;
    const tail = Buffer.from(this.#tail.subarray(0, this.#tailLength));
    const facts = { size, head: await this.head(), key: this.#key };
    if (size <= inlineBytes) {
      const sealed = Buffer.concat(sealSegment(this.#key, 0, true, tail));
      return { ...facts, sha256: createHash('sha256').update(tail).digest('hex'), sealed, plain: tail };
    }
    const last = tail.length > 0 ? sealSegment(this.#key, this.#segments, false, tail) : [];
    const segments = this.#segments + (tail.length > 0 ? 1 : 0);
    const end = Buffer.concat([...last, ...sealSegment(this.#key, segments, true, Buffer.alloc(0))]);
    if (this.#hash !== undefined) {
      await this.#stored.complete(this.#segments, end);
      return { ...facts, sha256: this.#hash.copy().digest('hex'), spoolName: this.#spoolName };
    }
    const hash = createHash('sha256');
    await this.#stored.complete(this.#segments, end, (segment, sealed) =>
      hash.update(openSegment(this.#key, segment, false, sealed)),
    );
    return { ...facts, sha256: hash.update(tail).digest('hex'), spoolName: this.#spoolName };
  }

  close(): Promise<void> {
    return this.#stored.close();
  }

  async #writeTail(): Promise<void> {
    const sealed = Buffer.concat(sealSegment(this.#key, this.#segments, false, this.#tail));
    await this.#stored.write(this.#segments, sealed);
    this.#segments++;
    this.#tailLength = 0;
  }
}
