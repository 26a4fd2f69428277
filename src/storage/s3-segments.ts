import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../errors.js';
import { type SealedSegments, sealedSegmentBytes } from './sealed-segments.js';

/** What segments in a bucket need of it; names are objects, sizes bytes. */
export interface SegmentBucket {
  put(name: string, body: Buffer): Promise<void>;
  /** The object, or its first bytes. @throws AppError NotFound, StorageUnavailable */
  get(name: string, firstBytes?: number): Promise<Readable>;
  /** Stores a stream as one object. */
  upload(name: string, body: Readable): Promise<void>;
}

/**
 * Segments as objects of their own, one for each go or as much of it as is synced together, so that any process that
 * knows the bucket can go on. They are put together when the payload is whole: an object can't be added to, and the parts
 * of a multipart upload can't be as small as a go may be.
 */
export class S3Segments implements SealedSegments {
  readonly #bucket: SegmentBucket;
  readonly #name: string;
  readonly #parts: string[];
  #firstUnsynced = 0;
  #unsynced: Buffer[] = [];

  /** @param parts what `sync` gave last */
  constructor(bucket: SegmentBucket, name: string, parts: readonly string[]) {
    this.#bucket = bucket;
    this.#name = name;
    this.#parts = [...parts];
  }

  async write(segment: number, sealed: Buffer): Promise<void> {
    if (this.#unsynced.length === 0) this.#firstUnsynced = segment;
    this.#unsynced.push(sealed);
  }

  async first(): Promise<Buffer> {
    const [part] = this.#parts;
    if (part === undefined) return this.#unsynced[0] ?? Buffer.alloc(0);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#bucket.get(part, sealedSegmentBytes)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async sync(): Promise<readonly string[]> {
    if (this.#unsynced.length > 0) {
      // Random as well: what a process that was taken for dead stores late must not take the place of this.
      const part = `${this.#name}+${this.#firstUnsynced}-${randomBytes(4).toString('hex')}`;
      await this.#bucket.put(part, Buffer.concat(this.#unsynced));
      this.#parts.push(part);
      this.#unsynced = [];
    }
    return [...this.#parts];
  }

  async complete(
    segments: number,
    end: Buffer,
    look?: (segment: number, sealed: Buffer) => void,
  ): Promise<void> {
    const body = Readable.from(this.#all(segments, end, look), { objectMode: false });
    let gone: unknown;
    body.on('error', (error) => {
      gone = error;
    });
    try {
      await this.#bucket.upload(this.#name, body);
    } catch (error) {
      throw gone instanceof AppError ? gone : error;
    } finally {
      body.destroy();
    }
  }

  async close(): Promise<void> {
    this.#unsynced = [];
  }

  async *#all(
    segments: number,
    end: Buffer,
    look: (segment: number, sealed: Buffer) => void = () => {},
  ): AsyncGenerator<Buffer> {
    let segment = 0;
    for await (const sealed of this.#wholeSegments()) {
      look(segment++, sealed);
      yield sealed;
    }
    if (segment !== segments) throw new AppError('NotFound');
    yield end;
  }

  async *#wholeSegments(): AsyncGenerator<Buffer> {
    for (const part of this.#parts) yield* inSegments(await this.#bucket.get(part));
    yield* this.#unsynced;
  }
}

/** Cuts a stream into sealed segments, the last one perhaps shorter. */
export async function* inSegments(body: Readable): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    waiting.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size < sealedSegmentBytes) continue;
    const all = Buffer.concat(waiting, size);
    let at = 0;
    for (; size - at >= sealedSegmentBytes; at += sealedSegmentBytes)
      yield all.subarray(at, at + sealedSegmentBytes);
    waiting = [all.subarray(at)];
    size -= at;
  }
  if (size > 0) yield Buffer.concat(waiting, size);
}
