import type { RequestHandler } from 'express';
import type { Exchange } from '../digime/index.js';

/** What a span tells about itself. Nothing that belongs to a person: no names, no addresses, no contents, no tokens. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** A piece of work that a trace shows. */
export interface SpanOptions {
  name: string;
  /** `producer` hands work over that a `consumer` does later (OpenTelemetry, "SpanKind"). */
  kind?: 'internal' | 'producer' | 'consumer';
  facts?: SpanFacts;
  /**
   * The span that this one continues, as `current` gave it; `null` begins a new trace. Without it the span that is
   * running goes on.
   */
  parent?: string | null | undefined;
}

/**
 * Traces of what the app does. One trace holds a push from the request that brought it to digi.me's answer, across the
 * queue and across processes: `current` is kept with the push and given as the `parent` of each attempt.
 */
export interface Tracing {
  /** Makes a span of each request that comes by. */
  readonly observe: RequestHandler;
  /** Runs `work` inside a span; `add` gives the span more facts while it runs. Resolves and rejects as `work` does. */
  span<T>(options: SpanOptions, work: (add: (facts: SpanFacts) => void) => Promise<T>): Promise<T>;
  /** The span that is running, as `traceparent` (W3C Trace Context §3.2). */
  current(): string | undefined;
  /** Makes a span of a call to digi.me that has just ended. */
  exchange(exchange: Exchange): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Where nothing is traced. */
export const noTracing: Tracing = {
  observe: (_req, _res, next) => next(),
  span: (_options, work) => work(() => {}),
  current: () => undefined,
  exchange: () => {},
  close: async () => {},
};
