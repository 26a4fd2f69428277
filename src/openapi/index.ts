import type { Router } from 'express';
import { routerOnDemand } from '../web/index.js';

/** The routes that describe the app's own interface, `docs-router.ts`. */
export const docsRouter = (version: string, baseUrl: () => string): Router =>
  routerOnDemand(['/openapi.json', '/docs'], async () =>
    (await import('./docs-router.js')).docsRouter(version, baseUrl),
  );
