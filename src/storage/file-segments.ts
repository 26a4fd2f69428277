import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors.js';
import { syncFolder } from './file-sink.js';
import { type SealedSegments, sealedSegmentBytes } from './sealed-segments.js';
import { asSpoolError } from './storage-error.js';

/**
 * Segments in the file that the whole payload will be.
 * @throws AppError StorageFull, StorageUnavailable from every method
 */
export class FileSegments implements SealedSegments {
  readonly #path: string;
  readonly #isBegun: boolean;
  #file: FileHandle | undefined;

  /** @param isBegun whether segments of an earlier go are in it */
  constructor(path: string, isBegun: boolean) {
    this.#path = path;
    this.#isBegun = isBegun;
  }

  async write(segment: number, sealed: Buffer): Promise<void> {
    await this.#guarded(async () => writeAt(await this.#opened(), sealed, segment * sealedSegmentBytes));
  }

  async first(): Promise<Buffer> {
    return this.#read(0);
  }

  async sync(): Promise<readonly string[]> {
    await this.#guarded(async () => this.#file?.datasync());
    return [];
  }

  async complete(
    segments: number,
    end: Buffer,
    look?: (segment: number, sealed: Buffer) => void,
  ): Promise<void> {
    if (look !== undefined)
      for (let segment = 0; segment < segments; segment++) look(segment, await this.#read(segment));
    await this.#guarded(async () => {
      const file = await this.#opened();
      const at = segments * sealedSegmentBytes;
      await writeAt(file, end, at);
      await file.truncate(at + end.length);
      await file.datasync();
    });
    await this.close();
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }

  async #read(segment: number): Promise<Buffer> {
    return this.#guarded(async () => {
      const file = await this.#opened();
      const sealed = Buffer.allocUnsafe(sealedSegmentBytes);
      const { bytesRead } = await file.read(sealed, 0, sealed.length, segment * sealedSegmentBytes);
      if (bytesRead < sealed.length) throw new AppError('NotFound');
      return sealed;
    });
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    this.#file = await open(this.#path, this.#isBegun ? 'r+' : 'w+', 0o600);
    if (!this.#isBegun) await syncFolder(dirname(this.#path));
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
