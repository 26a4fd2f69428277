import type { ClientRequest } from 'node:http';
import { finished, Readable, Transform, type TransformCallback } from 'node:stream';
import type { OutgoingBody } from './intercept.js';
import { NetworkFault, SourceFault } from './network-fault.js';

/** Buffers above this size are sent in pieces, so that progress can be seen. */
const sendWholeUpToBytes = 256 * 1024;
const pieceBytes = 64 * 1024;

type OnProgress = (sentBytes: number) => void;

/**
 * What stands between a file's stream and the connection. It counts, reports progress, and keeps a declared size:
 * the chunk that completes it is held back until the source has really ended, so that a receiver never sees a whole
 * body of a source that was longer. A source that fails, closes early or differs in size ends in a `SourceFault`.
 */
export class UploadBody extends Transform {
  sentBytes = 0;
  /** Why the source's file did not become a whole body, if so. */
  fault: SourceFault | undefined;
  readonly #source: Readable;
  readonly #sizeBytes: number | undefined;
  readonly #onProgress: OnProgress;
  #held: Buffer | undefined;

  constructor(source: Readable, sizeBytes: number | undefined, onProgress: OnProgress) {
    super({ writableObjectMode: true, writableHighWaterMark: 1 });
    // Whoever sends it reads `fault`; an error that nobody listens for would end the process.
    this.on('error', () => undefined);
    this.#source = source;
    this.#sizeBytes = sizeBytes;
    this.#onProgress = onProgress;
    finished(source, { writable: false }, (error) => {
      if (error)
        this.destroy(
          error instanceof SourceFault
            ? error
            : new SourceFault('FileSourceFailed', 'the stream of the file failed', error),
        );
    });
    source.pipe(this);
  }

  /** Resolves when the request has given all of it to the connection; rejects when either ends before. */
  whollySentBy(request: ClientRequest): Promise<void> {
    if (request.writableFinished) return Promise.resolve();
    return new Promise((resolve, reject) => {
      request.once('finish', resolve);
      request.once('close', () =>
        reject(new NetworkFault('ConnectionReset', 'the connection ended before the file was sent whole')),
      );
      this.once('error', reject);
    });
  }

  /** Takes no more from the source; what is under way stays open until `destroy`. */
  halt(): void {
    this.#source.unpipe(this);
    this.#source.pause();
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = asBytes(chunk, encoding);
    const fault = bytes ? this.#faultOf(bytes) : notBytes();
    if (fault || !bytes) {
      done(fault);
      return;
    }
    this.sentBytes += bytes.length;
    this.#onProgress(this.sentBytes);
    if (this.#sizeBytes === undefined || this.sentBytes < this.#sizeBytes) {
      done(null, bytes);
      return;
    }
    if (bytes.length > 0) this.#held = bytes;
    done();
  }

  override _flush(done: TransformCallback): void {
    const size = this.#sizeBytes;
    if (size !== undefined && this.sentBytes < size) done(sizeMismatch(size, 'fewer'));
    else done(null, this.#held);
  }

  #faultOf(next: Buffer): SourceFault | undefined {
    const size = this.#sizeBytes;
    return size !== undefined && this.sentBytes + next.length > size ? sizeMismatch(size, 'more') : undefined;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error instanceof SourceFault) this.fault = error;
    this.#source.unpipe(this);
    this.#source.destroy();
    done(error);
  }
}

/** A body as the connection takes it: small bytes as they are, everything else as a watched stream. */
export function toUpload(body: OutgoingBody, onProgress: OnProgress): Buffer | UploadBody {
  const { content, sizeBytes } = body;
  if (content instanceof Readable) return new UploadBody(content, sizeBytes, onProgress);
  if (content.length <= sendWholeUpToBytes) {
    onProgress(content.length);
    return content;
  }
  return new UploadBody(Readable.from(piecesOf(content)), content.length, onProgress);
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

function asBytes(chunk: unknown, encoding: BufferEncoding): Buffer | undefined {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk, Buffer.isEncoding(encoding) ? encoding : 'utf8');
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return undefined;
}

function sizeMismatch(sizeBytes: number, which: 'more' | 'fewer'): SourceFault {
  return new SourceFault(
    'FileSizeMismatch',
    `the stream of the file gave ${which} than the ${sizeBytes} bytes announced`,
  );
}

function notBytes(): SourceFault {
  return new SourceFault(
    'FileSourceFailed',
    'the stream of the file gave something that is neither bytes nor text',
  );
}
