import express, { type ErrorRequestHandler, type Express } from 'express';
import { apiRouter } from './api/api-router.js';
import type { SandboxControl } from './control/control.js';
import { controlRouter } from './control/control-router.js';
import type { Faults } from './control/faults.js';
import type { RequestLog } from './control/request-log.js';
import type { SandboxCredentials } from './credentials.js';
import { homePage } from './pages/home-page.js';
import { pageRouter } from './pages/page-router.js';
import type { Platform } from './platform.js';

export interface SandboxParts {
  platform: Platform;
  faults: Faults;
  requestLog: RequestLog;
  control: SandboxControl;
  credentials: () => SandboxCredentials;
  tell: (entry: Record<string, unknown>) => void;
}

/** The sandbox as one Express app: the API, the pages for people, and the control routes. */
export function createSandboxApp(parts: SandboxParts): Express {
  const { platform, tell } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use((_request, response, next) => {
    response.set({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    next();
  });
  app.use('/v1.7', apiRouter(platform, parts.requestLog, parts.faults, tell));
  app.use('/apps/saas', pageRouter(platform));
  app.use(homePage(platform, parts.credentials));
  app.use('/sandbox', controlRouter(parts.control, parts.credentials));
  app.use((_request, response) => {
    response
      .status(404)
      .json({ error: { code: 'NotFound', message: 'there is nothing here: begin at /sandbox' } });
  });
  app.use(((error: unknown, request, response, _next) => {
    tell({ event: 'sandbox.failure', error: String(error) });
    if (response.headersSent) request.socket.destroy();
    else response.status(500).json({ error: { code: 'InternalServerError', message: 'the sandbox failed' } });
  }) satisfies ErrorRequestHandler);
  return app;
}
