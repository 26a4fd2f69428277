import { NetworkFault } from './network-fault.js';

/** A deadline that progress pushes back: calls `onTimeout` once when `limitMs` pass without `touch`. */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, onTimeout: () => void) {
    this.#timer = setTimeout(onTimeout, limitMs);
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Why an exchange has to end from our side: its deadline, the caller's signal, a limit. The first reason stays.
 * It is itself the signal that axios listens to: a real `AbortController` for every request costs several times as much.
 */
export class Stop {
  fault: NetworkFault | undefined;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort: (() => void) | undefined;
  #listeners: readonly (() => void)[] = [];

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    if (!outer) return;
    this.#onOuterAbort = () => this.end(new NetworkFault('Aborted', 'ended by the caller', outer.reason));
    if (outer.aborted) this.#onOuterAbort();
    else outer.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  get aborted(): boolean {
    return this.fault !== undefined;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
  }

  /** Ends the exchange for this reason. */
  end(fault: NetworkFault): void {
    if (this.fault) return;
    this.fault = fault;
    for (const listener of this.#listeners) listener();
  }

  /** A deadline that ends the exchange. */
  watch(limitMs: number): Watchdog {
    return new Watchdog(limitMs, () =>
      this.end(new NetworkFault('Timeout', `no end within ${Math.round(limitMs)} ms`)),
    );
  }

  /** Lets go of the caller's signal. */
  release(): void {
    if (this.#onOuterAbort) this.#outer?.removeEventListener('abort', this.#onOuterAbort);
  }
}

/** The outcome of a promise that others share, or `onAbort()` thrown as soon as the signal ends the waiting. */
export function untilAborted<Value>(
  shared: Promise<Value>,
  signal: AbortSignal | undefined,
  onAbort: () => Error,
): Promise<Value> {
  if (!signal) return shared;
  return new Promise<Value>((resolve, reject) => {
    const abort = () => reject(onAbort());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
