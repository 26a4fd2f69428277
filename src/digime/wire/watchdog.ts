/** A deadline that progress pushes back: barks once when `limitMs` pass without `touch`. */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, bark: () => void) {
    this.#timer = setTimeout(bark, limitMs);
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
