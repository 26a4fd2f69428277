import { Router } from 'express';
import { localOnly } from '../control/local-only.js';
import type { SandboxCredentials } from '../credentials.js';
import type { Platform } from '../platform.js';
import { renderPage } from './render-page.js';
import { languageOf } from './words.js';

/** `GET /` says what this is; `GET /sandbox`, for this machine only, also how to point a client at it. */
export function homePage(platform: Platform, credentials: () => SandboxCredentials): Router {
  const router = Router();
  const model = { ...languageOf('en'), title: 'A digi.me that runs here', urls: platform.urls };
  router.get('/', (_request, response) =>
    renderPage(response, 200, 'home', { ...model, credentials: undefined }),
  );
  router.get('/sandbox', localOnly, (_request, response) =>
    renderPage(response, 200, 'home', { ...model, credentials: credentials() }),
  );
  return router;
}
