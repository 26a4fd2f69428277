import type { InterceptedRequest, Interceptor, RequestPatch } from '../../digime/index.js';
import {
  type ExpiredTokens,
  type FaultStore,
  MemoryFaults,
  type PushFailure,
  type PushTarget,
  type WaitingFaults,
} from './fault-store.js';

/** What goes wrong for one visitor. */
export interface FaultState {
  /** Failures that still wait for a push: how it will go wrong, which kind of push, and how many of them. */
  readonly pushFailures: readonly {
    readonly how: PushFailure;
    readonly target: PushTarget;
    readonly remaining: number;
  }[];
  /** Set while every call is answered with 503. `until` in Unix milliseconds. */
  readonly down?: { readonly until: number };
  /** Set from the moment that the tokens which existed then are refused. */
  readonly expired?: { readonly which: ExpiredTokens; readonly since: number };
}

const maxWaiting = 10;
const retryAfter = { 'retry-after': '3' };
const invalidToken = {
  status: 401,
  body: {
    error: { code: 'InvalidToken', message: 'The token has run out (What if …?).', reference: 'what-if' },
  },
};
const faultOf: Record<PushFailure, object> = {
  unavailable: { status: 503, headers: retryAfter },
  'answer-lost': { behaviour: 'lose-response' },
  refused: { status: 422 },
};

/**
 * What a visitor lets go wrong in the sandbox to see the app recover. Only the visitor's own calls feel it: each carries
 * in its header `Sandbox-Fault` what the sandbox is to do with it (`docs/sandbox.md`).
 */
export class VisitorFaults {
  readonly #store: FaultStore;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(now: () => number, store: FaultStore = new MemoryFaults()) {
    this.#store = store;
    this.#now = now;
  }

  /** Lets one more of the pushes to come fail, of a file (the default) or of a record; at most ten wait of each kind. */
  async failNextPush(visitorId: string, how: PushFailure, target: PushTarget = 'library'): Promise<void> {
    await this.#begin(visitorId, ({ failures }) => {
      const known = failures.find((failure) => failure.how === how && failure.target === target);
      if (known) known.remaining = Math.min(maxWaiting, known.remaining + 1);
      else failures.push({ how, target, remaining: 1 });
    });
  }

  /** Lets all of the visitor's tokens of the kind that exist now expire. */
  async expireTokens(visitorId: string, which: ExpiredTokens): Promise<void> {
    await this.#begin(visitorId, (waiting) => {
      waiting.expired = { which, since: this.#now() };
    });
  }

  /** Lets every call fail with 503 for so many seconds; once more begins the time anew. */
  async takeDown(visitorId: string, seconds: number): Promise<void> {
    await this.#begin(visitorId, (waiting) => {
      waiting.downUntil = this.#now() + seconds * 1000;
    });
  }

  /** Ends all of it. */
  async restore(visitorId: string): Promise<void> {
    await this.#store.remove(visitorId);
  }

  async state(visitorId: string): Promise<FaultState> {
    const waiting = await this.#store.load(visitorId);
    if (waiting === undefined) return { pushFailures: [] };
    const { failures, downUntil, expired } = waiting;
    return {
      pushFailures: failures.map((failure) => ({ ...failure })),
      ...(downUntil > this.#now() && { down: { until: downUntil } }),
      ...(expired && { expired }),
    };
  }

  /** Adds to the visitor's calls what is to go wrong with them; nobody's where nothing is. */
  interceptorOf(visitorId: string): Interceptor | undefined {
    if (!this.#store.mayHave(visitorId)) return undefined;
    return async (request) => {
      // While the database is away calls go on as if nothing were switched on: what is thrown here would end them.
      const waiting = await this.#store.load(visitorId).catch(() => undefined);
      if (waiting === undefined) return request.send();
      const fault = await this.#store
        .change(visitorId, (current) => this.#takeFault(current, request))
        .catch(() => undefined);
      const answer = await request.send(fault && asPatch(fault));
      if (['refreshToken', 'exchangeCodeForToken'].includes(request.call))
        await this.#store
          .change(visitorId, ({ renewedAt }) => {
            renewedAt[String(request.shown.claims?.client_id)] = this.#now();
          })
          .catch(() => undefined);
      return answer;
    };
  }

  async #begin(visitorId: string, change: (waiting: WaitingFaults) => void): Promise<void> {
    await this.#store.change(visitorId, change, true);
  }

  #takeFault(waiting: WaitingFaults, request: InterceptedRequest): object | undefined {
    if (waiting.downUntil > this.#now()) return { status: 503, headers: retryAfter };
    if (this.#isExpired(waiting, request)) return invalidToken;
    const target = targetOf(request);
    const failure = waiting.failures.find((candidate) => candidate.target === target);
    if (failure === undefined) return undefined;
    failure.remaining -= 1;
    waiting.failures = waiting.failures.filter(({ remaining }) => remaining > 0);
    return faultOf[failure.how];
  }

  #isExpired({ expired, renewedAt }: WaitingFaults, { call, shown }: InterceptedRequest): boolean {
    if (expired === undefined) return false;
    const { claims = {}, path } = shown;
    if ((renewedAt[String(claims.client_id)] ?? 0) >= expired.since) return false;
    if (call === 'refreshToken') return expired.which === 'refresh';
    // digi.me serves an authorization with an expired token (`protocol.md`, "What real clients send and demand").
    return 'access_token' in claims && !path.startsWith('oauth/');
  }
}

function targetOf({ call, shown }: InterceptedRequest): PushTarget | undefined {
  if (call !== 'pushData') return undefined;
  return shown.path.includes('/h:accountId/') ? 'provider' : 'library';
}

function asPatch(fault: object): RequestPatch {
  // A header's value is ASCII (RFC 9110 §5.5), and a message need not be; JSON has a way to write the others.
  const json = JSON.stringify(fault).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { headers: { 'Sandbox-Fault': json } };
}
