import { createHash, type Hash, randomBytes, randomUUID } from 'node:crypto';
import { AppError } from '../errors.js';
import type { PayloadSink } from './file-sink.js';
import { SegmentSealer, sealSegment } from './payload-cipher.js';
import { asSpoolError } from './storage-error.js';

/** Payloads up to this size live in the ledger's row: one commit instead of two fsyncs and a rename. */
export const inlineBytes = 64 * 1024;
/** As much of the beginning as telling a file's type by its magic bytes takes. */
export const headBytes = 4100;
/** Sealed bytes are written in goes of about this size. */
const bytesPerWrite = 1024 * 1024;

/** What was received: either `sealed` (small) or a file `spoolName` in the spool holds it, sealed under `key`. */
export interface StoredPayload {
  readonly size: number;
  /** SHA-256 of the plain bytes, hexadecimal. */
  readonly sha256: string;
  readonly head: Buffer;
  readonly key: Buffer;
  readonly sealed?: Buffer;
  /** What `sealed` holds, in the clear: still in memory, so that it need not be opened to be sent. */
  readonly plain?: Buffer;
  readonly spoolName?: string;
}

/**
 * Hashes, counts, seals and stores one payload: a small one in memory, for its row; a larger one through a sink, segment
 * by segment, while the next bytes come in. After a failure it keeps failing, and `discard` is what is left to do.
 * @throws AppError FileTooLarge as soon as one byte more than `maxBytes` arrived; StorageFull, StorageUnavailable.
 */
export class PayloadWriter {
  readonly key = randomBytes(32);
  readonly #hash = createHash('sha256');
  readonly #spoolName = randomUUID();
  readonly #small: Buffer[] = [];
  #head: Buffer = Buffer.alloc(0);
  #size = 0;
  #segments: SealedSegments | undefined;
  #stored: StoredPayload | undefined;
  /** What `discard` has to wait for: it may be about to open the sink, or to give the file its name. */
  #busy: Promise<unknown> | undefined;
  #isDiscarded = false;

  readonly #openSink: (spoolName: string) => PayloadSink;
  readonly #maxBytes: number;

  /** @param openSink called once the payload is too large for its row */
  constructor(openSink: (spoolName: string) => PayloadSink, maxBytes: number) {
    this.#openSink = openSink;
    this.#maxBytes = maxBytes;
  }

  /** What was stored. Only after `finish`. */
  get payload(): StoredPayload {
    if (this.#stored === undefined) throw new Error('the payload is not complete');
    return this.#stored;
  }

  /** The first 4,100 bytes, or what there is of them. */
  get head(): Buffer {
    return this.#head;
  }

  get isHeadComplete(): boolean {
    return this.#head.length >= headBytes;
  }

  /**
   * Takes the next bytes. Where it gives a promise the next ones have to wait for it.
   * @throws AppError as the class, at once or through the promise
   */
  put(chunk: Buffer): Promise<void> | undefined {
    if (this.#isDiscarded) throw discarded();
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes)
      throw new AppError('FileTooLarge', { values: { maxBytes: this.#maxBytes } });
    if (this.#head.length < headBytes)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, headBytes - this.#head.length)]);
    if (this.#segments !== undefined) return this.#segments.add(chunk);
    this.#small.push(chunk);
    return this.#size > inlineBytes ? this.#track(this.#outgrowRow()) : undefined;
  }

  /** Completes the payload; from now on it is durable, and `payload` tells about it. @throws AppError as the class */
  finish(): Promise<StoredPayload> {
    return this.#track(this.#complete());
  }

  /** Takes everything that `source` gives, and completes it; when either fails nothing is left. @throws AppError as the class */
  async store(source: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<StoredPayload> {
    try {
      for await (const chunk of source) await this.put(chunk);
      return await this.finish();
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Removes whatever was stored, complete or not. Never rejects: what can't be removed is swept later. */
  async discard(): Promise<void> {
    this.#isDiscarded = true;
    this.#segments?.giveUp();
    await this.#busy?.catch(() => {});
    await this.#segments?.abort();
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#busy = work;
    return work;
  }

  async #complete(): Promise<StoredPayload> {
    const facts = { size: this.#size, head: this.#head, key: this.key };
    if (this.#segments === undefined) {
      const plain = Buffer.concat(this.#small);
      const sealed = Buffer.concat(sealSegment(this.key, 0, true, plain));
      this.#stored = { ...facts, sha256: this.#hash.update(plain).digest('hex'), sealed, plain };
    } else {
      await this.#segments.end();
      this.#stored = { ...facts, sha256: this.#hash.digest('hex'), spoolName: this.#spoolName };
    }
    return this.#stored;
  }

  async #outgrowRow(): Promise<void> {
    this.#segments = new SealedSegments(this.#openSink(this.#spoolName), this.key, this.#hash);
    for (const chunk of this.#small.splice(0)) await this.#segments.add(chunk);
  }
}

const discarded = () => new Error('the payload was discarded');

/** Hashes and seals bytes as they come, and writes them in large goes: each takes a thread of libuv's pool and wakes it. */
class SealedSegments {
  readonly #sealer: SegmentSealer;
  #ready: Buffer[] = [];
  #length = 0;
  #failure: { readonly reason: unknown } | undefined;
  #writing: Promise<void> | undefined;

  readonly #sink: PayloadSink;
  readonly #hash: Hash;

  constructor(sink: PayloadSink, key: Buffer, hash: Hash) {
    this.#sink = sink;
    this.#sealer = new SegmentSealer(key);
    this.#hash = hash;
  }

  add(chunk: Buffer): Promise<void> | undefined {
    this.#assertSound();
    this.#hash.update(chunk);
    this.#ready.push(...this.#sealer.add(chunk));
    this.#length += chunk.length;
    // The first go is made at once: a store that takes nothing refuses the upload before it has been sent.
    const isGathering = this.#writing !== undefined && this.#length < bytesPerWrite;
    return isGathering ? undefined : this.#write();
  }

  async end(): Promise<void> {
    this.#ready.push(...this.#sealer.end());
    await this.#write();
    this.#assertSound();
    await this.#sink.complete().catch((error) => Promise.reject(asSpoolError(error)));
  }

  giveUp(): void {
    this.#failure ??= { reason: discarded() };
  }

  async abort(): Promise<void> {
    this.giveUp();
    await this.#writing?.catch(() => {});
    await this.#sink.abort();
  }

  #write(): Promise<void> {
    const sealed = this.#ready;
    this.#ready = [];
    this.#length = 0;
    this.#writing = this.#sink.write(sealed).catch((error) => {
      this.#failure ??= { reason: asSpoolError(error) };
      throw this.#failure.reason;
    });
    return this.#writing;
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}
