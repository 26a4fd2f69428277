import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { apiRouter } from './api/api-router.js';
import type { SandboxControl } from './control/control.js';
import { controlRouter } from './control/control-router.js';
import type { Faults } from './control/faults.js';
import type { RequestLog } from './control/request-log.js';
import type { SandboxCredentials } from './credentials.js';
import { homePage } from './pages/home-page.js';
import { showLibraries } from './pages/library-page.js';
import { pageRouter } from './pages/page-router.js';
import { setFramingApps } from './pages/render-page.js';
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
  setFramingApps(app, () => platform.redirectUris.pageOrigins());
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
  const showLibrary = (request: Request, response: Response) => showLibraries(platform, request, response);
  app.use('/sandbox', controlRouter(parts.control, parts.credentials, showLibrary));
  app.use((_request, response) => {
    response.status(404).json(failure('NotFound', 'there is nothing here: begin at /sandbox'));
  });
  app.use(((error: unknown, request, response, _next) => {
    const status = Number((error as { status?: unknown }).status);
    const theirs = status >= 400 && status < 500;
    if (!theirs) tell({ event: 'sandbox.failure', error: String(error) });
    if (response.headersSent) request.socket.destroy();
    else if (theirs) response.status(status).json(failure('InvalidRequest', 'the request is badly encoded'));
    else response.status(500).json(failure('InternalServerError', 'the sandbox failed'));
  }) satisfies ErrorRequestHandler);
  return app;
}

function failure(code: string, message: string) {
  return { error: { code, message } };
}
