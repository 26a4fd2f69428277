import { randomUUID } from 'node:crypto';
import type { ExchangeStep, Step } from '../step.js';
import type { Journey, JourneyHead, Journeys, NewStep, Watcher } from './journeys.js';

/** What may be held on to. */
export interface JourneyLimits {
  /** Steps of one visitor; the oldest goes first. */
  stepsPerVisitor: number;
  /** The visitor not heard of for longest goes first, unless somebody is looking. */
  visitors: number;
  /** Of answers' bodies, all visitors together, roughly. */
  bytes: number;
}

interface Kept {
  /** Changes when the numbers begin anew. */
  id: string;
  steps: Step[];
  count: number;
  bytes: number;
}

const defaults: JourneyLimits = { stepsPerVisitor: 300, visitors: 500, bytes: 64 * 2 ** 20 };
const keptRequests = 40;
const empty: Journey = { id: '', steps: [], count: 0 };

/** Keeps steps in memory, where one process has them all: a demonstration's memory, gone with the process. */
export class MemoryJourneys implements Journeys {
  readonly #journeys = new Map<string, Kept>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #limits: JourneyLimits;
  #bytes = 0;
  #isClosed = false;

  constructor(limits: JourneyLimits = defaults) {
    this.#limits = limits;
  }

  async settled(): Promise<void> {}

  async of(visitorId: string): Promise<Journey> {
    return this.#journeys.get(visitorId) ?? empty;
  }

  async headOf(visitorId: string): Promise<JourneyHead> {
    const { id, count } = this.#journeys.get(visitorId) ?? empty;
    return { id, count };
  }

  subscribe(visitorId: string, from: JourneyHead, watcher: Watcher): () => void {
    const all = this.#watchers.get(visitorId) ?? new Set();
    this.#watchers.set(visitorId, all.add(watcher));
    const journey = this.#journeys.get(visitorId);
    const isSame = from.id === (journey?.id ?? '') || from.id === '';
    if (!isSame) watcher.onNewJourney({ id: journey?.id ?? '', count: 0 });
    for (const step of journey?.steps ?? []) if (!isSame || step.number > from.count) watcher.onStep(step);
    if (this.#isClosed) watcher.onClose();
    return () => {
      all.delete(watcher);
      if (all.size === 0 && this.#watchers.get(visitorId) === all) this.#watchers.delete(visitorId);
    };
  }

  async clear(visitorId: string): Promise<void> {
    this.#drop(visitorId);
    for (const watcher of this.#watchers.get(visitorId) ?? []) watcher.onNewJourney(empty);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.onClose();
  }

  add(visitorId: string, step: NewStep): void {
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
    if (step.kind === 'exchange') dropOldRequests(journey);
    this.#makeRoom(visitorId);
    for (const watcher of this.#watchers.get(visitorId) ?? []) watcher.onStep(numbered);
  }

  #weigh(journey: Kept, step: Step, sign: 1 | -1): void {
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

/** A kept request holds on to its body: of those that have one of the user's, only the newest stays. */
function dropOldRequests({ steps }: Kept): void {
  const kept = steps.filter(
    (step): step is ExchangeStep => step.kind === 'exchange' && step.made !== undefined,
  );
  const withContent = kept.filter(({ made }) => made?.hasContent);
  for (const step of [...kept.slice(0, -keptRequests), ...withContent.slice(0, -1)]) delete step.made;
}

/** About what a step keeps alive: bodies that are shown (the client cuts them at 64 KiB), and the rest of it. */
function weightOf(step: Step): number {
  if (step.kind === 'browser') return 300;
  const { request, response } = step.exchange;
  const shown = (part: { body?: unknown; bodyBytes: number } | undefined) =>
    part?.body === undefined ? 0 : Math.min(part.bodyBytes, 65_536);
  return 2000 + shown(request) + shown(response);
}
