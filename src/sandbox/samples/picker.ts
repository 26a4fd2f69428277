import { createHash } from 'node:crypto';

/** Picks that look random and are the same for the same seed. */
export class Picker {
  readonly #seed: string;
  #count = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From 0 up to 1. */
  fraction(): number {
    return this.#digest().readUInt32BE() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** Between the ends, with two decimals. */
  amount(from: number, to: number): number {
    return Math.round((from + this.fraction() * (to - from)) * 100) / 100;
  }

  hex(characters: number): string {
    return this.#digest().toString('hex').slice(0, characters);
  }

  /** @throws RangeError for an empty list */
  of<T>(list: readonly T[]): T {
    const index = this.whole(0, list.length - 1);
    if (!(index in list)) throw new RangeError('nothing to pick from');
    return list[index] as T;
  }

  #digest(): Buffer {
    this.#count += 1;
    return createHash('sha256').update(`${this.#seed} ${this.#count}`).digest();
  }
}
