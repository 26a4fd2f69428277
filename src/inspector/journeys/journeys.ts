import type { BrowserStepTaken, ExchangeStep, Step } from '../step.js';

/** A step that has no number yet. */
export type NewStep = Omit<ExchangeStep, 'number'> | Omit<BrowserStepTaken, 'number'>;

/** A visitor's journey: an id that changes whenever numbering begins anew, and how many steps there have been. */
export interface JourneyHead {
  readonly id: string;
  readonly count: number;
}

/** The same with the steps that are still kept. */
export interface Journey extends JourneyHead {
  readonly steps: readonly Step[];
}

/** What a watcher of one visitor's journey is told. */
export interface Watcher {
  onStep(step: Step): void;
  /** The steps were cleared, or dropped with everything else about the visitor; a new journey began. */
  onNewJourney(head: JourneyHead): void;
  /** The process is about to end. */
  onClose(): void;
}

/** Where the newest steps of each visitor are kept. */
export interface Journeys {
  /** Never fails: what can't be kept is left out. */
  add(visitorId: string, step: NewStep): void;
  /** When this resolves, every process sees what was added here. */
  settled(): Promise<void>;
  /** What was added in this process before is in it. */
  of(visitorId: string): Promise<Journey>;
  headOf(visitorId: string): Promise<JourneyHead>;
  /**
   * Tells of every step after the first `from.count` of that journey.
   * @returns a function that ends it
   */
  subscribe(visitorId: string, from: JourneyHead, watcher: Watcher): () => void;
  /** Removes the visitor's steps. */
  clear(visitorId: string): Promise<void>;
  /** Tells all who watch that the process is about to end; once more, later, keeps what came since. */
  close(): Promise<void>;
}
