import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Plain bytes in one segment; on disk each is followed by its tag. */
export const segmentBytes = 64 * 1024;
export const tagBytes = 16;

/**
 * Payloads are sealed in segments (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár): each 64 KiB has
 * its own AES-256-GCM tag, and the nonce holds the segment's number and whether it is the last one. One tag for the
 * whole file would let unverified bytes out before the tag is seen; here no byte leaves before it was checked, and a
 * file that was cut short, reordered or extended does not open. A key serves one payload only.
 */
function nonceOf(segment: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(segment, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Seals one segment: its bytes, then its tag. `key` is 32 random bytes. */
export function sealSegment(key: Buffer, segment: number, last: boolean, plain: Buffer): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(segment, last));
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** The reverse of `sealSegment`. @throws Error when the bytes were altered, moved or are not the end they claim to be. */
export function openSegment(key: Buffer, segment: number, last: boolean, sealed: Buffer): Buffer {
  if (sealed.length < tagBytes) throw new Error('the payload was cut short');
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(segment, last));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(0, -tagBytes));
  decipher.final();
  return plain;
}

/** Cuts incoming chunks into segments and seals them. The newest full segment is held back: only `end` knows it is the last. */
export class SegmentSealer {
  private parts: Buffer[] = [];
  private held = 0;
  private segment = 0;

  constructor(private readonly key: Buffer) {}

  /** Sealed bytes that are ready to be written, in order. */
  add(chunk: Buffer): Buffer[] {
    const ready: Buffer[] = [];
    this.parts.push(chunk);
    this.held += chunk.length;
    if (this.held <= segmentBytes) return ready;
    let rest = Buffer.concat(this.parts, this.held);
    while (rest.length > segmentBytes) {
      ready.push(...sealSegment(this.key, this.segment++, false, rest.subarray(0, segmentBytes)));
      rest = rest.subarray(segmentBytes);
    }
    this.parts = [rest];
    this.held = rest.length;
    return ready;
  }

  /** The last segment, which may be empty. */
  end(): Buffer[] {
    return sealSegment(this.key, this.segment, true, Buffer.concat(this.parts, this.held));
  }
}
