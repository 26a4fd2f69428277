import {
  type CallOptions,
  type Exchange,
  type ExchangeHook,
  type InterceptedRequest,
  type Interceptor,
  type RequestPatch,
  ServerError,
} from '../digime/index.js';
import { signedCurl } from './curl-command.js';
import type { Journey, JourneyHead, Journeys, Watcher } from './journeys/journeys.js';
import { MemoryJourneys } from './journeys/memory-journeys.js';
import type { BrowserStep, RepeatableCall } from './step.js';

/** How a recorder is set up. */
export interface RecorderOptions {
  /** Where steps are kept; default in memory. */
  journeys?: Journeys;
  /** Who stands between this visitor's calls and digi.me, if anybody does: the one that sees a request first comes first. */
  interceptorsOf?: (visitorId: string) => readonly (Interceptor | undefined)[];
  /** Whether the newest requests are kept so that they can be made again; never in live mode, since they hold tokens. */
  keepsRequests?: boolean;
}

/** The options of a call of the digi.me client that let its requests be seen, and held. */
export interface CallHooks extends Pick<CallOptions, 'intercept'> {
  onExchange(exchange: Exchange): void;
  /**
   * There where nobody wants to hold or change the visitor's requests: gives the hook for a call that is made without
   * `intercept`, as one in another thread must be. `plan` makes the same request, for when it is to be made again.
   */
  onlyWatched?(plan: () => Promise<InterceptedRequest>): ExchangeHook;
}

/**
 * Takes down each visitor's steps. Recording keeps a reference and nothing more; whatever pages need is made when
 * somebody looks.
 */
export class Recorder {
  readonly #now: () => number;
  readonly #journeys: Journeys;
  readonly #interceptorsOf: (visitorId: string) => readonly (Interceptor | undefined)[];
  readonly #keepsRequests: boolean;

  constructor(now: () => number, options: RecorderOptions = {}) {
    this.#now = now;
    this.#journeys = options.journeys ?? new MemoryJourneys();
    this.#keepsRequests = options.keepsRequests ?? false;
    this.#interceptorsOf = options.interceptorsOf ?? (() => []);
  }

  /** What to spread into the arguments of a call of the digi.me client that is made for this visitor, and this push. */
  hooksOf(visitorId: string, push?: string): CallHooks {
    let made: InterceptedRequest | undefined;
    const keep: Interceptor = (request) => {
      made = request as InterceptedRequest;
      return request.send();
    };
    const [first, ...others] = this.#interceptorsOf(visitorId);
    // What is kept comes after what a person changed, and before what is to go wrong only this time.
    const all = this.#keepsRequests ? [first, keep, ...others] : [first, ...others];
    const standing = all.filter((one) => one !== undefined);
    const intercept = chain(standing);
    const isOnlyWatched = standing.every((one) => one === keep);
    return {
      onExchange: (exchange) => {
        // The platform's keys are fetched in between and are not intercepted.
        const isMade = made !== undefined && made.call === exchange.call;
        this.#took(visitorId, push, exchange, isMade ? repeatable(made as InterceptedRequest) : undefined);
      },
      ...(intercept && { intercept }),
      ...(isOnlyWatched && {
        onlyWatched: (plan) => (exchange) => {
          const isPlanned = this.#keepsRequests && exchange.call === 'pushData';
          this.#took(visitorId, push, exchange, isPlanned ? repeatableLater(plan) : undefined);
        },
      }),
    };
  }

  #took(visitorId: string, push: string | undefined, exchange: Exchange, made?: RepeatableCall): void {
    this.#journeys.add(visitorId, {
      ...{ kind: 'exchange', at: exchange.startedAt, exchange },
      ...(push !== undefined && { push }),
      ...(made && { made }),
    });
  }

  browserStep(visitorId: string, name: BrowserStep, facts: Record<string, string | number> = {}): void {
    this.#journeys.add(visitorId, { kind: 'browser', at: this.#now(), name, facts });
  }

  /** When this resolves, whichever process is asked next knows of what was taken down here. Never rejects. */
  settled(): Promise<void> {
    return this.#journeys.settled();
  }

  /** The visitor's journey as far as it is kept. @throws Error of the database, where it is kept there */
  journeyOf(visitorId: string): Promise<Journey> {
    return this.#journeys.of(visitorId);
  }

  /** The same without its steps. @throws as `journeyOf` */
  headOf(visitorId: string): Promise<JourneyHead> {
    return this.#journeys.headOf(visitorId);
  }

  /** Tells of every step after those of `from`. @returns a function that ends the subscription. */
  subscribe(visitorId: string, from: JourneyHead, watcher: Watcher): () => void {
    return this.#journeys.subscribe(visitorId, from, watcher);
  }

  /** Empties the visitor's inspector. @throws as `journeyOf` */
  clear(visitorId: string): Promise<void> {
    return this.#journeys.clear(visitorId);
  }

  /** Tells all who watch that the process is about to end. */
  close(): Promise<void> {
    return this.#journeys.close();
  }
}

function repeatable(request: InterceptedRequest): RepeatableCall {
  return {
    hasContent: request.openContent !== undefined,
    repeat: async () => {
      await request.send().catch((error: unknown) => {
        if (!(error instanceof ServerError)) throw error;
      });
    },
    signedCurl: async () => signedCurl(await request.sign()),
  };
}

/** A call with a body of the user's that was not intercepted: it is planned anew when somebody wants it again. */
function repeatableLater(plan: () => Promise<InterceptedRequest>): RepeatableCall {
  return {
    hasContent: true,
    repeat: async () => repeatable(await plan()).repeat(),
    signedCurl: async () => repeatable(await plan()).signedCurl(),
  };
}

/** One interceptor of several: what the first one sends is what the next one sees. */
function chain([first, ...others]: readonly Interceptor[]): Interceptor | undefined {
  if (first === undefined) return undefined;
  const rest = chain(others);
  if (rest === undefined) return first;
  return (request) =>
    first({
      ...request,
      send: (patch) =>
        rest({
          ...request,
          send: (added) => request.send(merge(patch, added)),
          sign: (added) => request.sign(merge(patch, added)),
        }),
    });
}

function merge(patch: RequestPatch = {}, added: RequestPatch = {}): RequestPatch {
  return {
    ...patch,
    ...added,
    headers: { ...patch.headers, ...added.headers },
    claims: { ...patch.claims, ...added.claims },
  };
}
