import { randomUUID } from 'node:crypto';
import type { CallOptions, Exchange, Interceptor } from '../digime/index.js';
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
  /** Who stands between this visitor's calls and digi.me, if anybody does. */
  interceptorOf?: (visitorId: string) => Interceptor | undefined;
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
  readonly #interceptorOf: (visitorId: string) => Interceptor | undefined;
  #bytes = 0;
  #isClosed = false;

  constructor(now: () => number, options: RecorderOptions = {}) {
    this.#now = now;
    this.#limits = options.limits ?? defaults;
    this.#interceptorOf = options.interceptorOf ?? (() => undefined);
  }

  /** What to spread into the arguments of a call of the digi.me client that is made for this visitor, and this push. */
  hooksOf(visitorId: string, push?: string): CallHooks {
    const intercept = this.#interceptorOf(visitorId);
    return {
      onExchange: (exchange) =>
        this.#add(visitorId, {
          ...{ kind: 'exchange', at: exchange.startedAt, exchange },
          ...(push !== undefined && { push }),
        }),
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

/** About what a step keeps alive: bodies that are shown (the client cuts them at 64 KiB), and the rest of it. */
function weightOf(step: Step): number {
  if (step.kind === 'browser') return 300;
  const { request, response } = step.exchange;
  const shown = (part: { body?: unknown; bodyBytes: number } | undefined) =>
    part?.body === undefined ? 0 : Math.min(part.bodyBytes, 65_536);
  return 2000 + shown(request) + shown(response);
}
