import type { Exchange } from '../digime/index.js';

const keptPerVisitor = 300;
const keptVisitors = 500;

/** One step of a visitor's journey as the inspector shows it: a call to digi.me, or something between browser and app. */
export type Step =
  | { readonly kind: 'exchange'; readonly number: number; readonly at: number; readonly exchange: Exchange }
  | {
      readonly kind: 'browser';
      readonly number: number;
      readonly at: number;
      readonly name: BrowserStep;
      readonly facts: Record<string, string | number>;
    };

/** What happened between browser and app (or browser and digi.me, which the app sees by its result). */
export type BrowserStep =
  | 'authorization-started'
  | 'callback-received'
  | 'connected'
  | 'upload-received'
  | 'push-state';

interface Journey {
  steps: Step[];
  count: number;
  listeners: Set<(step: Step) => void>;
}

/**
 * Keeps the newest steps of each visitor in memory: a demonstration's memory, gone with the process. The client has
 * already taken every secret out of an exchange.
 */
export class Recorder {
  private readonly journeys = new Map<string, Journey>();

  constructor(private readonly now: () => number) {}

  /** The hook to hand to a call of the digi.me client that is made for this visitor. */
  exchangesOf(visitorId: string): (exchange: Exchange) => void {
    return (exchange) => this.add(visitorId, { kind: 'exchange', at: exchange.startedAt, exchange });
  }

  browserStep(visitorId: string, name: BrowserStep, facts: Record<string, string | number> = {}): void {
    this.add(visitorId, { kind: 'browser', at: this.now(), name, facts });
  }

  private journeyOf(visitorId: string): Journey {
    const journey = this.journeys.get(visitorId) ?? { steps: [], count: 0, listeners: new Set() };
    // Set anew, so that the map's order is by last use and the first one is the one to drop.
    this.journeys.delete(visitorId);
    this.journeys.set(visitorId, journey);
    if (this.journeys.size > keptVisitors) {
      const oldest = [...this.journeys].find(([, other]) => other.listeners.size === 0)?.[0];
      if (oldest !== undefined && oldest !== visitorId) this.journeys.delete(oldest);
    }
    return journey;
  }

  private add(visitorId: string, step: DistributiveOmit<Step, 'number'>): void {
    const journey = this.journeyOf(visitorId);
    const numbered = { ...step, number: ++journey.count } as Step;
    journey.steps.push(numbered);
    if (journey.steps.length > keptPerVisitor) journey.steps.shift();
    for (const listener of journey.listeners) listener(numbered);
  }

  /** Oldest first. */
  stepsOf(visitorId: string): readonly Step[] {
    return this.journeys.get(visitorId)?.steps ?? [];
  }

  /** @returns a function that ends the subscription. */
  subscribe(visitorId: string, listener: (step: Step) => void): () => void {
    const journey = this.journeyOf(visitorId);
    journey.listeners.add(listener);
    return () => journey.listeners.delete(listener);
  }

  clear(visitorId: string): void {
    const journey = this.journeys.get(visitorId);
    if (journey !== undefined) journey.steps = [];
  }

  /** Drops everything about the visitor. */
  forget(visitorId: string): void {
    this.journeys.delete(visitorId);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
