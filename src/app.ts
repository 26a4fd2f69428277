import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Tracing } from './tracing/index.js';
import {
  type Assets,
  addressCheck,
  bodyDeadline,
  closeWhenRead,
  createI18n,
  errorHandler,
  type Health,
  hostCheck,
  type Logger,
  lastResort,
  type Metrics,
  notFound,
  originCheck,
  requestLog,
  type Sessions,
  securityHeaders,
  setUpPages,
  viewRouter,
} from './web/index.js';

/** What `createApp` puts in order. The parts themselves are made in `start-app.ts`. */
export interface AppParts {
  readonly mode: 'sandbox' | 'live';
  readonly trustProxy: number | string[] | false;
  readonly viewsFolder: string;
  readonly isDevelopment: boolean;
  readonly assets: Assets;
  readonly log: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly tracing: Pick<Tracing, 'observe'>;
  readonly sessions: Sessions;
  /** How long a body may take to arrive, where it is not an admitted upload. */
  readonly bodyTimeoutMs: number;
  /** Origins that forms lead to by a redirect: digi.me's onboarding. */
  readonly onboardOrigins: readonly string[];
  /** The app's public address. */
  baseUrl(): string;
  /** The rooms' routers, in the order in which they are asked. */
  readonly routers: readonly Router[];
}

/**
 * The order of the middleware. Headers come before everything that can answer; the checks that need no session come
 * before the session store is asked; monitoring may name the app otherwise than people, so the host is checked after it; the origin is checked before any body is read.
 */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', parts.trustProxy);
  // Plain values only: `a[b]=c` is a parameter with a strange name, not an object.
  app.set('query parser', 'simple');
  // Pages are never stored, so nothing is ever compared with them.
  app.set('etag', false);
  setUpPages(app, {
    viewsFolder: parts.viewsFolder,
    assets: parts.assets,
    mode: parts.mode,
    cacheViews: !parts.isDevelopment,
  });
  app.use(requestLog(parts.log));
  app.use(
    securityHeaders({
      onboardOrigins: parts.onboardOrigins,
      secure: parts.baseUrl().startsWith('https:'),
      canBeFramed: parts.mode === 'sandbox',
    }),
  );
  app.use(closeWhenRead, bodyDeadline(parts.bodyTimeoutMs));
  app.use(parts.metrics.observe);
  app.use(parts.health.router, parts.metrics.router);
  app.use(addressCheck, hostCheck(parts.baseUrl));
  app.use(parts.assets.router);
  app.use(parts.tracing.observe);
  app.use(originCheck(() => new URL(parts.baseUrl()).origin));
  app.use(createI18n() as RequestHandler);
  app.use(parts.sessions.middleware);
  app.use(viewRouter());
  for (const router of parts.routers) app.use(router);
  app.use(notFound);
  app.use(errorHandler);
  app.use(lastResort);
  return app;
}
