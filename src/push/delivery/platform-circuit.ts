import { ServerError } from '../../digime/index.js';
import type { Push } from '../push.js';

/** So many failures in a row, and the platform counts as away. */
const failuresToOpen = 5;
/** Of the base of the backoff: with a second, one probe every 20 to 30 s. */
const probeEveryBases = 20;

/** What `PlatformCircuit` goes by. */
interface CircuitOptions {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Attempts at once while all is well. */
  readonly concurrency: number;
  /** Milliseconds of a clock that is never set. */
  readonly clock?: () => number;
  readonly random?: () => number;
}

/**
 * Holds requests back from a platform that does not answer, or asked to be left alone, whatever number of pushes is
 * waiting: a probe now and then, and after the first success twice as many at once with each further one.
 */
export class PlatformCircuit {
  readonly #options: CircuitOptions;
  readonly #clock: () => number;
  readonly #random: () => number;
  #failures = 0;
  #allowed: number;
  /** Nothing is sent before. */
  #closedUntil = 0;
  #isAway = false;

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#allowed = options.concurrency;
  }

  /** Whether the platform has not answered lately, or asked to be left alone. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** How many attempts may be under way now. */
  get allowed(): number {
    return this.waitMs > 0 ? 0 : this.#allowed;
  }

  /** How long nothing is sent, in milliseconds. */
  get waitMs(): number {
    return Math.max(0, this.#closedUntil - this.#clock());
  }

  /** The platform answered, be it with a refusal of this one push. */
  succeeded(): void {
    this.#failures = 0;
    this.#isAway = false;
    this.#allowed = Math.min(this.#options.concurrency, this.#allowed * 2);
  }

  /** Learns from an attempt's failure what it says about the platform. */
  failed(error: unknown, type: Push['type']): void {
    if (!(error instanceof ServerError)) return;
    const { statusCode, code } = error.error;
    if (code === 'Aborted') return;
    const askedToWait = statusCode === 429 || (statusCode === 503 && type === 'library');
    // What a provider behind the platform answers says nothing about the platform.
    const isAway = statusCode === 0 || (type === 'library' && (statusCode >= 500 || statusCode === 429));
    if (askedToWait && error.retryAfterMs !== undefined) {
      this.#leaveAlone(error.retryAfterMs);
    } else if (!isAway) {
      this.succeeded();
    } else if (++this.#failures >= failuresToOpen || this.#isAway) {
      this.#leaveAlone(probeEveryBases * this.#options.backoffBaseMs * (1 + this.#random() / 2));
    }
  }

  #leaveAlone(ms: number): void {
    this.#isAway = true;
    this.#allowed = 1;
    // Those that were under way together fail together: they do not add up.
    const until = this.#clock() + Math.min(ms, this.#options.backoffCapMs);
    this.#closedUntil = Math.max(this.#closedUntil, until);
  }
}
