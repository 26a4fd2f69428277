import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { AppError } from '../errors.js';
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

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A writable that hashes, counts, seals and spools what is piped into it. While one write is under way the next bytes
 * are already hashed and sealed; a file gets its final name only when it is complete and synced.
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
  #file: FileHandle | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #busy: Promise<unknown> = Promise.resolve();
  #wasOpened = false;
  #stored: StoredPayload | undefined;

  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number) {
    super({ highWaterMark: 1024 * 1024, decodeStrings: true });
    // Whoever writes is told by their own call; this keeps a failure from counting as unhandled.
    this.on('error', () => {});
    this.#folder = folder;
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
      this.once('error', reject);
      this.end(() => resolve());
    });
  }

  /** Removes whatever was stored, complete or not. Never rejects: what can't be removed is swept later. */
  async discard(): Promise<void> {
    if (!this.destroyed) this.destroy();
    if (!this.closed) await new Promise((resolve) => this.once('close', resolve));
    if (this.#wasOpened) await rm(this.#finalPath, { force: true }).catch(() => {});
  }

  get #partPath(): string {
    return join(this.#folder, `${this.#spoolName}.part`);
  }

  get #finalPath(): string {
    return join(this.#folder, this.#spoolName);
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
    if (this.#file === undefined && this.#size <= inlineBytes) {
      // A small chunk is a view into the parser's 64 KiB buffer: a copy lets that go.
      this.#small.push(...chunks.map((chunk) => Buffer.from(chunk)));
      return;
    }
    if (this.#file === undefined) {
      this.#wasOpened = true;
      this.#file = await open(this.#partPath, 'wx', 0o600);
    }
    await this.#writeSealed(
      [...this.#small.splice(0), ...chunks].flatMap((chunk) => this.#sealer.add(chunk)),
    );
  }

  async #writeSealed(sealed: Buffer[]): Promise<void> {
    await this.#writing;
    if (sealed.length === 0) return;
    this.#writing = writeFully(this.#file as FileHandle, sealed);
    // Awaited by the next call; this only keeps a failure from counting as unhandled until then.
    this.#writing.catch(() => {});
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
    if (this.#file === undefined) {
      const sealed = Buffer.concat(sealSegment(this.key, 0, true, Buffer.concat(this.#small)));
      this.#stored = { ...facts, sha256: this.#hash.digest('hex'), sealed };
      return;
    }
    await this.#writeSealed(this.#sealer.end());
    await this.#writing;
    // Durable before it is promised: the file's bytes, then its name, then the ledger's commit.
    await this.#file.datasync();
    await this.#file.close();
    this.#file = undefined;
    await rename(this.#partPath, this.#finalPath);
    await syncFolder(this.#folder);
    this.#stored = { ...facts, sha256: this.#hash.digest('hex'), spoolName: this.#spoolName };
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#tidy().then(
      () => callback(error),
      () => callback(error),
    );
  }

  /** Streams are destroyed in the middle of a write: the `open` or `rename` under way would leave its file behind. */
  async #tidy(): Promise<void> {
    await this.#busy;
    await this.#writing.catch(() => {});
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    if (this.writableFinished || !this.#wasOpened) return;
    await rm(this.#partPath, { force: true });
    await rm(this.#finalPath, { force: true });
  }
}

/** `writev` may write less than asked for (a full disk does that before it fails): go on until all of it is written. */
async function writeFully(file: FileHandle, buffers: Buffer[]): Promise<void> {
  let rest = buffers;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    while (rest[0] !== undefined && bytesWritten >= rest[0].length) {
      bytesWritten -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] !== undefined && bytesWritten > 0) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)];
  }
}
