import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { AppError } from '../errors.js';
import type { PayloadSink } from './file-sink.js';
import { SegmentSealer, sealSegment } from './payload-cipher.js';
import { asSpoolError } from './storage-error.js';

/** Payloads up to this size live in the ledger's row: one commit instead of two fsyncs and a rename. */
export const inlineBytes = 64 * 1024;
/** As much of the beginning as telling a file's type by its magic bytes takes. */
export const headBytes = 4100;

/** What was received: either `sealed` (small) or a file `spoolName` in the spool holds it, sealed under `key`. */
export interface StoredPayload {
  readonly size: number;
  /** SHA-256 of the plain bytes, hexadecimal. */
  readonly sha256: string;
  readonly head: Buffer;
  readonly key: Buffer;
  readonly sealed?: Buffer;
  readonly spoolName?: string;
}

/**
 * A writable that hashes, counts, seals and stores what is piped into it: a small payload in memory, for its row, a
 * larger one through a sink. While one write is under way the next bytes are already hashed and sealed.
 * @throws AppError FileTooLarge as soon as one byte more than `maxBytes` arrived; StorageFull, StorageUnavailable.
 */
export class PayloadWriter extends Writable {
  readonly key = randomBytes(32);
  readonly #hash = createHash('sha256');
  readonly #sealer = new SegmentSealer(this.key);
  readonly #spoolName = randomUUID();
  readonly #small: Buffer[] = [];
  #head: Buffer = Buffer.alloc(0);
  #size = 0;
  #sink: PayloadSink | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  #stored: StoredPayload | undefined;

  readonly #openSink: (spoolName: string) => PayloadSink;
  readonly #maxBytes: number;

  /** @param openSink called once the payload is too large for its row */
  constructor(openSink: (spoolName: string) => PayloadSink, maxBytes: number) {
    super({ highWaterMark: 1024 * 1024, decodeStrings: true });
    // Whoever writes is told by their own call; this keeps a failure from counting as unhandled.
    this.on('error', () => {});
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

  /** Writes one chunk; when this resolves the next one can come. @throws AppError as the class */
  put(chunk: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Completes the payload; from now on it is durable, and `payload` tells about it. @throws AppError as the class */
  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      // Called for a failure too, with it; its type does not say so.
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      this.end(done as () => void);
    });
  }

  /** Removes whatever was stored, complete or not. Never rejects: what can't be removed is swept later. */
  async discard(): Promise<void> {
    if (!this.destroyed) this.destroy();
    if (!this.closed) await new Promise((resolve) => this.once('close', resolve));
    await this.#sink?.abort();
  }

  async #take(chunks: Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      this.#size += chunk.length;
      if (this.#size > this.#maxBytes)
        throw new AppError('FileTooLarge', { values: { maxBytes: this.#maxBytes } });
      this.#hash.update(chunk);
      if (this.#head.length < headBytes)
        this.#head = Buffer.concat([this.#head, chunk.subarray(0, headBytes - this.#head.length)]);
    }
    if (this.#sink === undefined && this.#size <= inlineBytes) {
      // A small chunk is a view into the parser's 64 KiB buffer: a copy lets that go.
      this.#small.push(...chunks.map((chunk) => Buffer.from(chunk)));
      return;
    }
    this.#sink ??= this.#openSink(this.#spoolName);
    await this.#sink.write([...this.#small.splice(0), ...chunks].flatMap((chunk) => this.#sealer.add(chunk)));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#run(this.#take([chunk]), callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#run(this.#take(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#run(this.#complete(), callback);
  }

  #run(task: Promise<void>, callback: (error?: Error | null) => void): void {
    this.#busy = task.catch(() => {});
    task.then(
      () => callback(),
      (error) => callback(asSpoolError(error) as Error),
    );
  }

  async #complete(): Promise<void> {
    const facts = { size: this.#size, head: this.#head, key: this.key };
    if (this.#sink === undefined) {
      const sealed = Buffer.concat(sealSegment(this.key, 0, true, Buffer.concat(this.#small)));
      this.#stored = { ...facts, sha256: this.#hash.digest('hex'), sealed };
      return;
    }
    await this.#sink.write(this.#sealer.end());
    await this.#sink.complete();
    this.#stored = { ...facts, sha256: this.#hash.digest('hex'), spoolName: this.#spoolName };
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#tidy().then(
      () => callback(error),
      () => callback(error),
    );
  }

  /** Streams are destroyed in the middle of a write: what it is about to store would stay behind. */
  async #tidy(): Promise<void> {
    await this.#busy;
    if (!this.writableFinished) await this.#sink?.abort();
  }
}
