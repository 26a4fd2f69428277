import { type CipherGCM, createCipheriv, createDecipheriv } from 'node:crypto';

/** Plain bytes in one segment; on disk each is followed by its tag. */
export const segmentBytes = 256 * 1024;
export const tagBytes = 16;

/**
 * Payloads are sealed in segments (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár): each 256 KiB has
 * its own AES-256-GCM tag, and the nonce holds the segment's number and whether it is the end. One tag for the whole
 * file would let unverified bytes out before the tag is seen; here no byte leaves before it was checked, and a file
 * that was cut short, reordered or extended does not open. A key serves one payload only.
 *
 * The end is an empty segment of its own behind the last full or short one. So bytes can be sealed as they come, without
 * a copy, although nobody knows yet which segment will be the last; and a reader checks the end before it begins.
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

/** Checks that a payload ends after `segments` segments. @throws Error when it does not, or was sealed with another key */
export function checkEnd(key: Buffer, segments: number, end: Buffer): void {
  openSegment(key, segments, true, end);
}

/** Seals incoming chunks as they come, cut into segments. */
export class SegmentSealer {
  #cipher: CipherGCM | undefined;
  #room = 0;
  #segment = 0;

  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Sealed bytes that are ready to be written, in order. */
  add(chunk: Buffer): Buffer[] {
    const ready: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      this.#cipher ??= this.#begin();
      const piece = chunk.subarray(at, at + this.#room);
      ready.push(this.#cipher.update(piece));
      at += piece.length;
      this.#room -= piece.length;
      if (this.#room === 0) ready.push(...this.#finish());
    }
    return ready;
  }

  /** What is left of the last segment, and the end. */
  end(): Buffer[] {
    return [...this.#finish(), ...sealSegment(this.#key, this.#segment, true, Buffer.alloc(0))];
  }

  #begin(): CipherGCM {
    this.#room = segmentBytes;
    return createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#segment, false));
  }

  #finish(): Buffer[] {
    if (this.#cipher === undefined) return [];
    this.#cipher.final();
    const tag = this.#cipher.getAuthTag();
    this.#cipher = undefined;
    this.#segment++;
    return [tag];
  }
}
