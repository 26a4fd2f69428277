import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../errors.js';
import type { PayloadSink } from './file-sink.js';
import { checkEnd, openSegment, segmentBytes, tagBytes } from './payload-cipher.js';
import type { PayloadLocation, PayloadStore } from './payload-store.js';
import { PayloadWriter } from './payload-writer.js';
import { inSegments, S3Segments } from './s3-segments.js';
import { type SealedSegments, sealedSegmentBytes } from './sealed-segments.js';

type ClientModule = typeof import('@aws-sdk/client-s3');
type UploadModule = typeof import('@aws-sdk/lib-storage');

/** The smallest part that S3 allows; two of them are under way for each upload. */
const partBytes = 5 * 2 ** 20;
const partsAtOnce = 2;
const requestTimeoutMs = 30_000;
const connectionTimeoutMs = 5000;

export interface S3StoreOptions {
  readonly bucket: string;
  /** Put before every name, with its final slash; may be empty. */
  readonly prefix: string;
  /** Of another server than Amazon's; objects are then addressed by path. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/**
 * Sealed payloads in S3-compatible object storage, so that instances need no disk in common. Credentials come by the
 * SDK's usual chain. An object exists only as a whole: a multipart upload that breaks off is aborted, and what a killed
 * process leaves of one is the bucket's lifecycle rule to remove (`docs/operations.md`).
 * The SDK is loaded here, so that who does not use it does not pay for it.
 */
export async function openS3Store(options: S3StoreOptions): Promise<PayloadStore> {
  const [sdk, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  const client = new sdk.S3Client({
    ...(options.region && { region: options.region }),
    ...(options.endpoint && { endpoint: options.endpoint, forcePathStyle: true }),
    maxAttempts: 3,
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
    // Payloads are authenticated by their own seal; not every S3-compatible server knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return new S3Store(client, sdk, Upload, options);
}

/** Whatever object storage refuses or does not answer is "not now": a client may come again. */
const asUnavailable = (error: unknown) =>
  error instanceof AppError
    ? error
    : new AppError('StorageUnavailable', { cause: error, retryAfterSeconds: 5 });

class S3Store implements PayloadStore {
  readonly #client: S3Client;
  readonly #sdk: ClientModule;
  readonly #Upload: UploadModule['Upload'];
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #probeName = `probe-${randomUUID()}`;

  constructor(
    client: S3Client,
    sdk: ClientModule,
    upload: UploadModule['Upload'],
    { bucket, prefix }: S3StoreOptions,
  ) {
    this.#client = client;
    this.#sdk = sdk;
    this.#Upload = upload;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  #object(name: string) {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${name}` };
  }

  createWriter(maxBytes: number): PayloadWriter {
    return new PayloadWriter((name) => {
      const body = new PassThrough({ highWaterMark: partBytes });
      return new S3Sink(this.#upload(name, body), body, () => this.discard(name));
    }, maxBytes);
  }

  #upload(name: string, body: Readable) {
    return new this.#Upload({
      client: this.#client,
      params: { ...this.#object(name), Body: body, ContentType: 'application/octet-stream' },
      partSize: partBytes,
      queueSize: partsAtOnce,
      leavePartsOnError: false,
    });
  }

  openSegments(spoolName: string, parts: readonly string[]): SealedSegments {
    const failing = (error: unknown) => Promise.reject(asUnavailable(error));
    return new S3Segments(
      {
        put: async (name, body) => {
          const command = new this.#sdk.PutObjectCommand({ ...this.#object(name), Body: body });
          await this.#client.send(command).catch(failing);
        },
        get: (name, firstBytes) => this.#getWhole(name, firstBytes),
        upload: async (name, body) => void (await this.#upload(name, body).done().catch(failing)),
      },
      spoolName,
      parts,
    );
  }

  async #getWhole(name: string, firstBytes?: number): Promise<Readable> {
    const range = firstBytes === undefined ? {} : { Range: `bytes=0-${firstBytes - 1}` };
    try {
      const found = await this.#client.send(
        new this.#sdk.GetObjectCommand({ ...this.#object(name), ...range }),
      );
      return found.Body as Readable;
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') throw new AppError('NotFound', { cause: error });
      throw asUnavailable(error);
    }
  }

  read({ sealed, spoolName }: PayloadLocation, key: Buffer): Readable {
    if (sealed !== undefined)
      return Readable.from([openSegment(key, 0, true, sealed)], { objectMode: false });
    if (spoolName === undefined) throw new Error('the payload is gone');
    return Readable.from(this.#segments(spoolName, key), {
      objectMode: false,
      highWaterMark: 2 * segmentBytes,
    });
  }

  async #sizeOf(name: string): Promise<number> {
    try {
      const { ContentLength } = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(name)));
      return ContentLength ?? 0;
    } catch (error) {
      if ((error as Error).name === 'NotFound') throw new Error('the payload is gone', { cause: error });
      throw asUnavailable(error);
    }
  }

  /** The bytes from `first` to `last`, both included. */
  async #get(name: string, first: number, last: number): Promise<Readable> {
    try {
      const found = await this.#client.send(
        new this.#sdk.GetObjectCommand({ ...this.#object(name), Range: `bytes=${first}-${last}` }),
      );
      return found.Body as Readable;
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** The end is asked for and checked first, so that no byte of a payload that was cut short leaves. */
  async *#segments(name: string, key: Buffer): AsyncGenerator<Buffer> {
    const end = (await this.#sizeOf(name)) - tagBytes;
    if (end <= 0) throw new Error('the payload was cut short');
    const segments = Math.ceil(end / sealedSegmentBytes);
    checkEnd(key, segments, await collect(await this.#get(name, end, end + tagBytes - 1), tagBytes));
    const body = await this.#get(name, 0, end - 1);
    try {
      let segment = 0;
      for await (const sealed of inSegments(body)) yield openSegment(key, segment++, false, sealed);
      if (segment !== segments) throw new Error('the payload was cut short');
    } finally {
      body.destroy();
    }
  }

  /** Never rejects: what can't be removed now is swept later. */
  async discard(spoolName: string): Promise<void> {
    await this.#client
      .send(new this.#sdk.DeleteObjectCommand(this.#object(spoolName)))
      .catch(() => undefined);
  }

  /** Object storage has no end that could be asked for; quotas bound what waits. */
  async assertRoomFor(): Promise<void> {}

  async probe(): Promise<void> {
    await this.#client.send(
      new this.#sdk.PutObjectCommand({ ...this.#object(this.#probeName), Body: 'probe' }),
    );
    await this.discard(this.#probeName);
  }

  async list(now: number): Promise<{ name: string; ageMs: number }[]> {
    const found: { name: string; ageMs: number }[] = [];
    try {
      const pages = this.#sdk.paginateListObjectsV2(
        { client: this.#client },
        { Bucket: this.#bucket, Prefix: this.#prefix },
      );
      for await (const { Contents = [] } of pages)
        for (const { Key = '', LastModified } of Contents) {
          const name = Key.slice(this.#prefix.length);
          // Whatever else is in the bucket is not ours to sweep.
          if (isPayloadName(name)) found.push({ name, ageMs: now - (LastModified?.getTime() ?? now) });
        }
    } catch (error) {
      throw asUnavailable(error);
    }
    return found;
  }
}

/** One multipart upload. It fails as a whole, at the next write or at its end. */
class S3Sink implements PayloadSink {
  readonly #body: PassThrough;
  readonly #remove: () => Promise<void>;
  readonly #done: Promise<unknown>;
  #failure: unknown;

  constructor(upload: { done(): Promise<unknown> }, body: PassThrough, remove: () => Promise<void>) {
    this.#body = body;
    this.#remove = remove;
    this.#done = upload.done().catch((error) => {
      this.#failure = asUnavailable(error);
      // Whoever waits for room in the stream must not wait for ever.
      body.destroy();
    });
    body.on('error', () => {});
  }

  async write(sealed: Buffer[]): Promise<void> {
    for (const bytes of sealed) {
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#body.write(bytes))
        await Promise.race([once(this.#body, 'drain'), once(this.#body, 'close')]);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async complete(): Promise<void> {
    this.#body.end();
    await this.#done;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A body that fails makes the upload abort its parts and then itself; `Upload.abort` would not wait for that. */
  async abort(): Promise<void> {
    this.#body.destroy(new Error('the upload was given up'));
    await this.#done;
    await this.#remove();
  }
}

/** Names of payloads are random UUIDs (`PayloadWriter`), those of their parts begin with one (`S3Segments`). */
const isPayloadName = (name: string) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\+\d+-[0-9a-f]{8})?$/.test(name);

async function collect(body: Readable, atMost: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > atMost) break;
  }
  return Buffer.concat(chunks);
}
