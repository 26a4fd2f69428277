import type { RequestHandler } from 'express';
import { Router } from 'express';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Times every request by method, route pattern and status; never by a concrete address, which would hold ids. */
  readonly observe: RequestHandler;
  /** `GET /metrics`, Prometheus text format. */
  readonly router: Router;
  /** Where features register what they measure. */
  readonly registry: Registry;
}

/** @param access who may read them */
export function createMetrics(access: RequestHandler): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'refusals_total',
    help: 'Requests that were answered with an error, by its code',
    labelNames: ['code'],
    registers: [registry],
  });
  const router = Router();
  router.get('/metrics', access, async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });
  const observe: RequestHandler = (req, res, next) => {
    const end = duration.startTimer();
    res.once('finish', () => {
      end({ method: req.method, route: String(req.route?.path ?? 'none'), status: res.statusCode });
      // One of the error table's codes; see `error-handler.ts`.
      if (res.locals.errorCode !== undefined) refusals.inc({ code: res.locals.errorCode });
    });
    next();
  };
  return { observe, router, registry };
}
