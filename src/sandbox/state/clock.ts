import type { Collection } from './collection.js';

const offsetSetting = 'clockOffsetMs';

/**
 * Two times. `real()` is what the machine says: the timestamps of requests are held against it, and it goes on the
 * wire. `aged()` runs ahead of it by what was advanced: expiries are held against it, so advancing makes tokens, codes
 * and sessions that exist grow old without making honest clients' timestamps wrong. Both in milliseconds.
 */
export class Clock {
  readonly #settings: Collection<number>;
  readonly #real: () => number;

  constructor(settings: Collection<number>, real: () => number) {
    this.#settings = settings;
    this.#real = real;
  }

  real(): number {
    return this.#real();
  }

  aged(): number {
    return this.#real() + this.advancedMs();
  }

  advancedMs(): number {
    return this.#settings.get(offsetSetting) ?? 0;
  }

  advance(seconds: number): void {
    this.#settings.put(offsetSetting, this.advancedMs() + seconds * 1000);
  }

  /** An expiry kept on the aged clock, as a client that knows only the real one should be told of it. */
  toWire(expiresAtMs: number): number {
    return expiresAtMs - this.advancedMs();
  }
}
