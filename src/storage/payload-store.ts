import type { Readable } from 'node:stream';
import type { PayloadWriter } from './payload-writer.js';
import type { SealedSegments } from './sealed-segments.js';

/** Where a payload is: in its row (`sealed`) or in the store, under a random name (`spoolName`). */
export interface PayloadLocation {
  sealed?: Buffer | undefined;
  spoolName?: string | undefined;
}

/**
 * Keeps sealed payloads that wait for delivery. Names are random; what a file was called is the ledger's business. All
 * methods reject with AppError StorageUnavailable or StorageFull when the store can't do its part.
 */
export interface PayloadStore {
  /** A writer for one payload of at most `maxBytes`; when it has finished, the payload is durable. */
  createWriter(maxBytes: number): PayloadWriter;
  /** The plain bytes of a payload, checked segment by segment; the stream fails when they are not all there. */
  read(location: PayloadLocation, key: Buffer): Readable;
  /**
   * What a payload that arrives in several goes (`ResumablePayload`) is stored as until it is whole.
   * @param parts as its progress has them
   */
  openSegments(spoolName: string, parts: readonly string[], isBegun: boolean): SealedSegments;
  /** Removes a payload or a part of one; what is not there is no error. */
  discard(spoolName: string): Promise<void>;
  /** @throws AppError StorageFull when `bytes` more would not fit */
  assertRoomFor(bytes: number): Promise<void>;
  /** Proves that something can be written; throws what the store says. */
  probe(): Promise<void>;
  /** What is in the store, unfinished payloads too where they can be seen, with their age. */
  list(now: number): Promise<{ name: string; ageMs: number }[]>;
}
