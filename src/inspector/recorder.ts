import { randomUUID } from 'node:crypto';
import type {
  CallOptions,
  Exchange,
  InterceptedRequest,
  Interceptor,
  RequestPatch,
} from '../digime/index.js';
import type { BrowserStep, BrowserStepTaken, ExchangeStep, Step } from './step.js';

/** What the recorder may hold on to. */
export interface RecorderLimits {
  /** Steps of one visitor; the oldest goes first. */
  stepsPerVisitor: number;
  /** The visitor not heard of for longest goes first, unless somebody is looking. */
  visitors: number;
  /** Of answers' bodies, all visitors together, roughly. */
  bytes: number;
}

/** How a recorder is set up. */
export interface RecorderOptions {
  limits?: RecorderLimits;
  /** Who stands between this visitor's calls and digi.me, if anybody does: the one that sees a request first comes first. */
  interceptorsOf?: (visitorId: string) => readonly (Interceptor | undefined)[];
  /** Whether the newest requests are kept so that they can be made again; never in live mode, since they hold tokens. */
  keepsRequests?: boolean;
}

/** The options of a call of the digi.me client that let its requests be seen, and held. */
export interface CallHooks extends Pick<CallOptions, 'intercept'> {
  onExchange(exchange: Exchange): void;
}

/** What a watcher of one visitor's journey is told. */
export interface Watcher {
  onStep(step: Step): void;
  /** The steps were cleared, or dropped with everything else about the visitor; a new journey began. */
  onNewJourney(): void;
  /** The process is about to end. */
  onClose(): void;
}

interface Journey {
  /** Changes when the numbers begin anew. */
  id: string;
  steps: Step[];
  count: number;
  bytes: number;
}

const defaults: RecorderLimits = { stepsPerVisitor: 300, visitors: 500, bytes: 64 * 2 ** 20 };
const keptRequests = 40;
const empty: Pick<Journey, 'id' | 'steps' | 'count'> = { id: '', steps: [], count: 0 };

/**
 * Keeps the newest steps of each visitor in memory: a demonstration's memory, gone with the process. Recording keeps a
 * reference and nothing more; whatever pages need is made when somebody looks.
 */
export class Recorder {
  readonly #journeys = new Map<string, Journey>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #now: () => number;
  readonly #limits: RecorderLimits;
  readonly #interceptorsOf: (visitorId: string) => readonly (Interceptor | undefined)[];
  readonly #keepsRequests: boolean;
  #bytes = 0;
  #isClosed = false;

  constructor(now: () => number, options: RecorderOptions = {}) {
    this.#now = now;
    this.#limits = options.limits ?? defaults;
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
    const intercept = chain(all.filter((one) => one !== undefined));
    return {
      onExchange: (exchange) => {
        this.#add(visitorId, {
          ...{ kind: 'exchange', at: exchange.startedAt, exchange },
          ...(push !== undefined && { push }),
          // The platform's keys are fetched in between and are not intercepted.
          ...(made !== undefined && made.call === exchange.call && { made }),
        });
        this.#dropOldRequests(visitorId);
      },
      ...(intercept && { intercept }),
    };
  }

  browserStep(visitorId: string, name: BrowserStep, facts: Record<string, string | number> = {}): void {
    this.#add(visitorId, { kind: 'browser', at: this.#now(), name, facts });
  }

  /** The visitor's journey: an id that changes whenever numbering begins anew, its steps, and how many there have been. */
  journeyOf(visitorId: string): {
    readonly id: string;
    readonly steps: readonly Step[];
    readonly count: number;
  } {
    return this.#journeys.get(visitorId) ?? empty;
  }

  /** @returns a function that ends the subscription. */
  subscribe(visitorId: string, watcher: Watcher): () => void {
    const all = this.#watchers.get(visitorId) ?? new Set();
    this.#watchers.set(visitorId, all.add(watcher));
    if (this.#isClosed) watcher.onClose();
    return () => {
      all.delete(watcher);
      if (all.size === 0 && this.#watchers.get(visitorId) === all) this.#watchers.delete(visitorId);
    };
  }

  /** Empties the visitor's inspector. */
  clear(visitorId: string): void {
    this.#drop(visitorId);
    for (const watcher of this.#watchers.get(visitorId) ?? []) watcher.onNewJourney();
  }

  /** Tells all who watch that the process is about to end. */
  close(): void {
    this.#isClosed = true;
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.onClose();
  }

  #add(visitorId: string, step: Omit<ExchangeStep, 'number'> | Omit<BrowserStepTaken, 'number'>): void {
    const journey = this.#journeys.get(visitorId) ?? { id: randomUUID(), steps: [], count: 0, bytes: 0 };
    // Set anew, so that the map's order is by last use and the first one is the one to drop.
    this.#journeys.delete(visitorId);
    this.#journeys.set(visitorId, journey);
    const numbered: Step = { ...step, number: ++journey.count };
    journey.steps.push(numbered);
    this.#weigh(journey, numbered, 1);
    if (journey.steps.length > this.#limits.stepsPerVisitor) {
      const oldest = journey.steps.shift();
      if (oldest !== undefined) this.#weigh(journey, oldest, -1);
    }
    this.#makeRoom(visitorId);
    for (const watcher of this.#watchers.get(visitorId) ?? []) watcher.onStep(numbered);
  }

  /** A kept request holds on to its body: of those that have one of the user's, only the newest stays. */
  #dropOldRequests(visitorId: string): void {
    const kept = (this.#journeys.get(visitorId)?.steps ?? []).filter(
      (step) => step.kind === 'exchange' && step.made !== undefined,
    ) as ExchangeStep[];
    const withContent = kept.filter(({ made }) => made?.openContent !== undefined);
    for (const step of [...kept.slice(0, -keptRequests), ...withContent.slice(0, -1)]) delete step.made;
  }

  #weigh(journey: Journey, step: Step, sign: 1 | -1): void {
    const weight = weightOf(step) * sign;
    journey.bytes += weight;
    this.#bytes += weight;
  }

  #makeRoom(visitorId: string): void {
    while (this.#journeys.size > this.#limits.visitors || this.#bytes > this.#limits.bytes) {
      const oldest = [...this.#journeys.keys()].find((id) => id !== visitorId && !this.#watchers.has(id));
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  #drop(visitorId: string): void {
    this.#bytes -= this.#journeys.get(visitorId)?.bytes ?? 0;
    this.#journeys.delete(visitorId);
  }
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

/** About what a step keeps alive: bodies that are shown (the client cuts them at 64 KiB), and the rest of it. */
function weightOf(step: Step): number {
  if (step.kind === 'browser') return 300;
  const { request, response } = step.exchange;
  const shown = (part: { body?: unknown; bodyBytes: number } | undefined) =>
    part?.body === undefined ? 0 : Math.min(part.bodyBytes, 65_536);
  return 2000 + shown(request) + shown(response);
}
