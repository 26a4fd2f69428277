import { segmentBytes, tagBytes } from './payload-cipher.js';

/** What a whole segment takes where it is stored. */
export const sealedSegmentBytes = segmentBytes + tagBytes;

/**
 * The whole segments of one payload that arrives in several goes, perhaps in several processes. What was written and not
 * synced may be lost, and is written again then.
 */
export interface SealedSegments {
  /** Takes the segment with this number; they come in order. May keep it in memory until `sync`. */
  write(segment: number, sealed: Buffer): Promise<void>;
  /** The first segment, once it was written. */
  first(): Promise<Buffer>;
  /** When this resolves, all that was written is durable. @returns names in the store to be kept with the progress */
  sync(): Promise<readonly string[]>;
  /**
   * Makes the payload whole under its name: its first `segments`, then `end`. When this resolves it is durable; may be
   * repeated.
   * @param look sees each of the segments, in order
   * @throws AppError NotFound when segments are gone
   */
  complete(segments: number, end: Buffer, look?: (segment: number, sealed: Buffer) => void): Promise<void>;
  /** Lets go of what is open. */
  close(): Promise<void>;
}
