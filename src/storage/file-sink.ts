import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one payload's sealed bytes go. Exactly one of `complete` and `abort` ends it. */
export interface PayloadSink {
  /** Takes the next bytes; may resolve before they are stored, but not hold on to more than a few MiB. */
  write(sealed: Buffer[]): Promise<void>;
  /** When this resolves, the payload is durable under its name. */
  complete(): Promise<void>;
  /** Leaves nothing behind; also after `complete`. Never rejects. */
  abort(): Promise<void>;
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
 * Writes a payload into a folder. The file gets its final name only when it is complete and synced; while one write is
 * under way the next bytes can be prepared.
 */
export class FileSink implements PayloadSink {
  readonly #folder: string;
  readonly #partPath: string;
  readonly #finalPath: string;
  #file: FileHandle | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#partPath = join(folder, `${name}.part`);
    this.#finalPath = join(folder, name);
  }

  async write(sealed: Buffer[]): Promise<void> {
    this.#file ??= await open(this.#partPath, 'wx', 0o600);
    await this.#writing;
    if (sealed.length === 0) return;
    this.#writing = writeFully(this.#file, sealed);
    // Awaited by the next call; this only keeps a failure from counting as unhandled until then.
    this.#writing.catch(() => {});
  }

  async complete(): Promise<void> {
    await this.#writing;
    const file = this.#file as FileHandle;
    // Durable before it is promised: the file's bytes, then its name, then the ledger's commit.
    await file.datasync();
    await file.close();
    this.#file = undefined;
    await rename(this.#partPath, this.#finalPath);
    await syncFolder(this.#folder);
  }

  async abort(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    for (const path of [this.#partPath, this.#finalPath]) await rm(path, { force: true }).catch(() => {});
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
