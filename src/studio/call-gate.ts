import { randomUUID } from 'node:crypto';
import {
  type InterceptedRequest,
  type Interceptor,
  type RequestPatch,
  ServerError,
} from '../digime/index.js';

/** How many calls may be held, and for how long. */
export interface CallGateLimits {
  readonly perVisitor: number;
  readonly inAll: number;
  /** Milliseconds until a call that nobody decides about ends by itself. */
  readonly holdMs: number;
  /** Milliseconds that a page may be gone, to be loaded again, before everything that is held goes on. */
  readonly graceMs: number;
}

const defaults: CallGateLimits = { perVisitor: 4, inAll: 8, holdMs: 120_000, graceMs: 5000 };

/** A call that waits for a decision: before it is sent, or after digi.me refused it. */
export interface HeldCall {
  readonly id: string;
  /** 1 before the first send; goes up with each. */
  readonly round: number;
  /** Unix milliseconds. */
  readonly endsAt: number;
  readonly request: InterceptedRequest;
  /** What was changed in the last send. */
  readonly patch?: RequestPatch;
  /** Why the last send was refused. */
  readonly refusal?: ServerError;
}

/** Sent, with a patch or as it is; the refusal that digi.me gave passed on; or ended with an error. */
export type Decision = { readonly send: RequestPatch | undefined } | 'pass' | 'withhold';

interface Visitor {
  isPausing: boolean;
  readonly watchers: Set<() => void>;
  readonly held: Map<string, { call: HeldCall; decide(decision: Decision): void }>;
  grace?: NodeJS.Timeout;
}

/**
 * Holds the calls that the app makes to digi.me for a visitor who watches them in the studio. Calls of everybody else,
 * and calls beyond the limits, are not touched. What is held goes on unchanged when the studio's page is closed.
 */
export class CallGate {
  readonly #visitors = new Map<string, Visitor>();
  readonly #limits: CallGateLimits;
  #held = 0;

  constructor(limits: Partial<CallGateLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
  }

  /** Who stands between this visitor's calls and digi.me; nobody unless the visitor watches and wants them held. */
  interceptorOf(visitorId: string): Interceptor | undefined {
    if (!this.#visitors.has(visitorId)) return undefined;
    return (request) => this.#intercept(visitorId, request);
  }

  /** Calls back whenever what is held changes. @returns a function that ends it */
  watch(visitorId: string, onChange: () => void): () => void {
    const visitor: Visitor = this.#visitors.get(visitorId) ?? {
      isPausing: true,
      watchers: new Set(),
      held: new Map(),
    };
    this.#visitors.set(visitorId, visitor);
    clearTimeout(visitor.grace);
    visitor.watchers.add(onChange);
    return () => {
      visitor.watchers.delete(onChange);
      if (visitor.watchers.size > 0) return;
      clearTimeout(visitor.grace);
      visitor.grace = setTimeout(() => this.#leave(visitorId, visitor), this.#limits.graceMs);
      visitor.grace.unref();
    };
  }

  isPausing(visitorId: string): boolean {
    return this.#visitors.get(visitorId)?.isPausing ?? true;
  }

  /** Without pausing, what is held goes on unchanged, and so does what comes after. Nothing happens for who does not watch. */
  setPausing(visitorId: string, isPausing: boolean): void {
    const visitor = this.#visitors.get(visitorId);
    if (visitor === undefined) return;
    visitor.isPausing = isPausing;
    if (!isPausing) this.#letGo(visitor);
    this.#tell(visitor);
  }

  /** The oldest first. */
  heldOf(visitorId: string): HeldCall[] {
    return [...(this.#visitors.get(visitorId)?.held.values() ?? [])].map(({ call }) => call);
  }

  /**
   * Decides about a held call: send it (with a patch or as it is), `pass` on the refusal that digi.me gave, or `withhold`
   * it, which ends it with an error. @returns false when it is not held any more
   */
  decide(visitorId: string, id: string, decision: Decision): boolean {
    const held = this.#visitors.get(visitorId)?.held.get(id);
    held?.decide(decision);
    return held !== undefined;
  }

  /** Lets everything go on, for the end of the process. */
  close(): void {
    for (const [visitorId, visitor] of this.#visitors) this.#leave(visitorId, visitor);
  }

  async #intercept<Answer>(visitorId: string, request: InterceptedRequest<Answer>): Promise<Answer> {
    const id = randomUUID();
    let last: Pick<HeldCall, 'patch' | 'refusal'> = {};
    for (let round = 1; ; round++) {
      const decision = await this.#hold(visitorId, request, { id, round, ...last });
      if (decision === 'pass' && last.refusal) throw last.refusal;
      if (decision === 'withhold') throw last.refusal ?? new Error('it was not let go in the studio');
      const patch = typeof decision === 'string' ? undefined : decision.send;
      try {
        return await request.send(patch);
      } catch (error) {
        // Who watches may put it right. No answer at all is the business of the app, which knows what to repeat.
        if (!(error instanceof ServerError) || error.error.statusCode < 400) throw error;
        last = { refusal: error, ...(patch && { patch }) };
      }
    }
  }

  /** Resolves to the decision; at once to `pass` where nothing is to be held. */
  #hold(
    visitorId: string,
    request: InterceptedRequest,
    known: Pick<HeldCall, 'id' | 'round' | 'patch' | 'refusal'>,
  ): Promise<Decision> {
    const visitor = this.#visitors.get(visitorId);
    const { perVisitor, inAll, holdMs } = this.#limits;
    const isFull = this.#held >= inAll || (visitor?.held.size ?? 0) >= perVisitor;
    if (visitor === undefined || !visitor.isPausing || isFull) return Promise.resolve('pass');
    return new Promise((resolve) => {
      const decide = (decision: Decision) => {
        if (!visitor.held.delete(known.id)) return;
        this.#held -= 1;
        clearTimeout(deadline);
        request.signal?.removeEventListener('abort', abort);
        resolve(decision);
        this.#tell(visitor);
      };
      const abort = () => decide('withhold');
      const deadline = setTimeout(abort, holdMs);
      deadline.unref();
      request.signal?.addEventListener('abort', abort);
      const call = { ...known, request: request as InterceptedRequest, endsAt: Date.now() + holdMs };
      visitor.held.set(known.id, { call, decide });
      this.#held += 1;
      if (request.signal?.aborted) abort();
      this.#tell(visitor);
    });
  }

  #letGo(visitor: Visitor): void {
    for (const { decide } of [...visitor.held.values()]) decide('pass');
  }

  #leave(visitorId: string, visitor: Visitor): void {
    clearTimeout(visitor.grace);
    this.#visitors.delete(visitorId);
    this.#letGo(visitor);
  }

  #tell(visitor: Visitor): void {
    for (const onChange of visitor.watchers) onChange();
  }
}
