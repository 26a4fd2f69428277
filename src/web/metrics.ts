import type { RequestHandler } from 'express';
import { Router } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Times every request by method, route pattern and status; never by a concrete address, which would hold ids. */
  readonly observe: RequestHandler;
  /** `GET /metrics`, Prometheus text format. */
  readonly router: Router;
}

/**
 * @param access who may read them
 * @param countByState how many pushes are in each state, asked for at each scrape
 */
export function createMetrics(
  access: RequestHandler,
  countByState: () => Promise<Record<string, number>>,
  inProgress: () => { uploads: number; attempts: number },
  platformIsAway: () => boolean,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
  new Gauge({
    name: 'pushes',
    help: 'Pushes in the ledger by state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [state, count] of Object.entries(await countByState())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'in_progress',
    help: 'Uploads being received and attempts being sent',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      for (const [kind, count] of Object.entries(inProgress())) this.set({ kind }, count);
    },
  });
  new Gauge({
    name: 'platform_away',
    help: '1 while digi.me does not answer, or asked to be left alone: pushes wait',
    registers: [registry],
    collect() {
      this.set(platformIsAway() ? 1 : 0);
    },
  });
  const router = Router();
  router.get('/metrics', access, async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });
  const observe: RequestHandler = (req, res, next) => {
    const end = duration.startTimer();
    res.once('finish', () =>
      end({ method: req.method, route: String(req.route?.path ?? 'none'), status: res.statusCode }),
    );
    next();
  };
  return { observe, router };
}
