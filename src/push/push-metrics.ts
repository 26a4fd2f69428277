import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Attempt, Push } from './push.js';

/** What the gauges ask for at each scrape. */
export interface PushMetricsSources {
  countByState(): Promise<Record<string, number>>;
  /** When the oldest push that is queued or being sent was accepted, in Unix milliseconds. */
  oldestUnsentAt(): Promise<number | undefined>;
  uploadsInProgress(): number;
  attemptsInProgress(): number;
  platformIsAway(): boolean;
  /** Unix milliseconds. */
  now(): number;
}

/** Codes come from the platform: a label with any number of values would fill the memory of who collects them. */
const maxCodes = 50;

/** The numbers that operators watch about pushes. */
export class PushMetrics {
  readonly #deliverySeconds: Histogram<'type'>;
  readonly #attemptFailures: Counter<'code'>;
  readonly #codes = new Set<string>();
  readonly #now: () => number;

  constructor(registry: Registry, sources: PushMetricsSources) {
    const registers = [registry];
    this.#now = sources.now;
    new Gauge({
      name: 'pushes',
      help: 'Pushes in the ledger by state',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset();
        for (const [state, count] of Object.entries(await sources.countByState())) this.set({ state }, count);
      },
    });
    new Gauge({
      name: 'push_queue_age_seconds',
      help: 'Time since the oldest push that is queued or being sent was accepted; 0 when there is none',
      registers,
      async collect() {
        const oldest = await sources.oldestUnsentAt();
        this.set(oldest === undefined ? 0 : Math.max(0, sources.now() - oldest) / 1000);
      },
    });
    new Gauge({
      name: 'in_progress',
      help: 'Uploads being received and attempts being sent',
      labelNames: ['kind'],
      registers,
      collect() {
        this.set({ kind: 'uploads' }, sources.uploadsInProgress());
        this.set({ kind: 'attempts' }, sources.attemptsInProgress());
      },
    });
    new Gauge({
      name: 'platform_away',
      help: '1 while digi.me does not answer, or asked to be left alone: pushes wait',
      registers,
      collect() {
        this.set(sources.platformIsAway() ? 1 : 0);
      },
    });
    this.#deliverySeconds = new Histogram({
      name: 'push_delivery_seconds',
      help: 'Time from the acceptance of a push to its delivery',
      labelNames: ['type'],
      buckets: [0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400],
      registers,
    });
    this.#attemptFailures = new Counter({
      name: 'push_attempt_failures_total',
      help: 'Attempts to deliver that failed, by the code of what went wrong',
      labelNames: ['code'],
      registers,
    });
  }

  /** Counts an attempt whose outcome is in the ledger. */
  attemptSettled(push: Push, state: Push['state'], attempt: Attempt): void {
    if (state === 'delivered')
      this.#deliverySeconds.observe({ type: push.type }, Math.max(0, this.#now() - push.createdAt) / 1000);
    else this.#attemptFailures.inc({ code: this.#labelOf(attempt.code) });
  }

  #labelOf(code: string | undefined): string {
    if (code === undefined || !/^\w{1,60}$/.test(code)) return 'other';
    if (this.#codes.size >= maxCodes && !this.#codes.has(code)) return 'other';
    this.#codes.add(code);
    return code;
  }
}
