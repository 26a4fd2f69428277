import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AppError } from '../errors.js';
import { FileSegments } from './file-segments.js';
import { FileSink } from './file-sink.js';
import { checkEnd, openSegment, segmentBytes, tagBytes } from './payload-cipher.js';
import type { PayloadLocation, PayloadStore } from './payload-store.js';
import { inlineBytes, PayloadWriter } from './payload-writer.js';
import type { SealedSegments } from './sealed-segments.js';
import { asSpoolError } from './storage-error.js';

/** Kept free on the disk beyond every upload, for the database and the system. */
const reserveBytes = 128 * 2 ** 20;
const segmentsPerRead = 4;
const sealedSegment = segmentBytes + tagBytes;

/** The folder of sealed payloads that wait for delivery. Names are random; what a file was called is the ledger's business. */
export class Spool implements PayloadStore {
  readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'spool');
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** A writer for one payload of at most `maxBytes`; see `PayloadWriter`. */
  createWriter(maxBytes: number): PayloadWriter {
    return new PayloadWriter((name) => new FileSink(this.folder, name), maxBytes);
  }

  /** The plain bytes of a payload, checked segment by segment. */
  read(location: PayloadLocation, key: Buffer): Readable {
    if (location.sealed !== undefined)
      return Readable.from([openSegment(key, 0, true, location.sealed)], { objectMode: false });
    if (location.spoolName === undefined) throw new Error('the payload is gone');
    return Readable.from(readSegments(join(this.folder, location.spoolName), key), {
      objectMode: false,
      highWaterMark: 2 * segmentBytes,
    });
  }

  openSegments(spoolName: string, _parts: readonly string[], isBegun: boolean): SealedSegments {
    return new FileSegments(join(this.folder, spoolName), isBegun);
  }

  async discard(spoolName: string): Promise<void> {
    await rm(join(this.folder, spoolName), { force: true });
  }

  /** @throws AppError StorageFull when `bytes` more would leave the disk without its reserve; StorageUnavailable */
  async assertRoomFor(bytes: number): Promise<void> {
    if (bytes <= inlineBytes) return;
    const { bavail, bsize } = await statfs(this.folder).catch((error) => Promise.reject(asSpoolError(error)));
    if (bavail * bsize < bytes + reserveBytes) throw new AppError('StorageFull', { retryAfterSeconds: 60 });
  }

  /** Proves that a file can be written; throws what the file system says. */
  async probe(): Promise<void> {
    const path = join(this.folder, `probe-${process.pid}.part`);
    const file = await open(path, 'w', 0o600);
    try {
      await file.write('probe');
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  }

  /** Names of all files that are in the spool, unfinished ones (`.part`) among them, with their age. */
  async list(now: number): Promise<{ name: string; ageMs: number }[]> {
    const names = await readdir(this.folder);
    const found = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(this.folder, name)).catch(() => undefined);
        return facts?.isFile() ? { name, ageMs: now - facts.mtimeMs } : undefined;
      }),
    );
    return found.filter((entry) => entry !== undefined);
  }
}

/** The plain bytes of a sealed file, checked segment by segment; the next ones are read meanwhile. */
async function* readSegments(path: string, key: Buffer): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  let ahead: Promise<Buffer> | undefined;
  try {
    const { size } = await file.stat();
    const end = size - tagBytes;
    if (end < 0) throw new Error('the payload was cut short');
    const endTag = await readFully(file, Buffer.allocUnsafe(tagBytes), end);
    checkEnd(key, Math.ceil(end / sealedSegment), endTag);
    // Read again and again into the same memory, in turns: what is given out is the opened copy.
    const blockBytes = Math.min(segmentsPerRead * sealedSegment, end);
    const blocks = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)];
    const readAt = (offset: number) => {
      blocks.reverse();
      const block = blocks[0] as Buffer;
      return readFully(file, block.subarray(0, Math.min(blockBytes, end - offset)), offset);
    };
    if (end > 0) ahead = readAt(0);
    for (let offset = 0, segment = 0; offset < end; ) {
      const block = (await ahead) as Buffer;
      offset += block.length;
      ahead = offset < end ? readAt(offset) : undefined;
      // Awaited in its turn; until then a failure must not count as unhandled.
      ahead?.catch(() => {});
      for (let at = 0; at < block.length; at += sealedSegment, segment++) {
        yield openSegment(key, segment, false, block.subarray(at, at + sealedSegment));
      }
    }
  } finally {
    await ahead?.catch(() => {});
    await file.close();
  }
}

async function readFully(file: FileHandle, block: Buffer, offset: number): Promise<Buffer> {
  const { bytesRead } = await file.read(block, 0, block.length, offset);
  if (bytesRead < block.length) throw new Error('the payload was cut short');
  return block;
}
