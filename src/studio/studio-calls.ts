import type { Interceptor } from '../digime/index.js';
import type { CallGate, Decision, HeldCall } from './call-gate.js';
import type { HeldView } from './held-view.js';

/** Makes the view of a held call of the visitor. */
export type ViewOf = (visitorId: string, held: HeldCall) => Promise<HeldView>;

/** The calls that are held for visitors who watch them in the studio. */
export interface StudioCalls {
  /** Who stands between this visitor's calls and digi.me. */
  interceptorOf(visitorId: string): Interceptor | undefined;
  /** From now on the visitor's calls are held. Calls back when something may have changed. @returns how to end it */
  watch(visitorId: string, onChange: () => void): Promise<() => void>;
  isPausing(visitorId: string): Promise<boolean>;
  /** As `CallGate.setPausing`. */
  setPausing(visitorId: string, isPausing: boolean): Promise<void>;
  /** What is held, the oldest first. */
  heldOf(visitorId: string): Promise<HeldView[]>;
  /** As `CallGate.decide`. */
  decide(visitorId: string, id: string, decision: Decision): Promise<boolean>;
  /** Lets everything go on, for the end of the process. */
  close(): void;
}

/** Of a process that shares its database with no other. */
export class LocalCalls implements StudioCalls {
  readonly #gate: CallGate;
  readonly #viewOf: ViewOf;

  constructor(gate: CallGate, viewOf: ViewOf) {
    this.#gate = gate;
    this.#viewOf = viewOf;
  }

  interceptorOf(visitorId: string): Interceptor | undefined {
    return this.#gate.interceptorOf(visitorId);
  }

  async watch(visitorId: string, onChange: () => void): Promise<() => void> {
    return this.#gate.watch(visitorId, onChange);
  }

  async isPausing(visitorId: string): Promise<boolean> {
    return this.#gate.isPausing(visitorId);
  }

  async setPausing(visitorId: string, isPausing: boolean): Promise<void> {
    this.#gate.setPausing(visitorId, isPausing);
  }

  heldOf(visitorId: string): Promise<HeldView[]> {
    return Promise.all(this.#gate.heldOf(visitorId).map((held) => this.#viewOf(visitorId, held)));
  }

  async decide(visitorId: string, id: string, decision: Decision): Promise<boolean> {
    return this.#gate.decide(visitorId, id, decision);
  }

  close(): void {
    this.#gate.close();
  }
}
