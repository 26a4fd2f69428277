import { type Request, type Response, Router } from 'express';
import { localOnly } from '../control/local-only.js';
import type { SandboxCredentials } from '../credentials.js';
import type { Platform } from '../platform.js';
import { fieldsOf, renderPage, visitorOf } from './render-page.js';
import { fill } from './words.js';

/** `GET /` says what this is; `GET /sandbox`, for this machine only, also how to point a client at it. */
export function homePage(platform: Platform, credentials: () => SandboxCredentials): Router {
  const { urls } = platform;
  const show = (request: Request, response: Response, shown?: SandboxCredentials) => {
    const visitor = visitorOf(request, response, fieldsOf(request.query));
    const { homeTitle, homeText } = visitor.words;
    const text = fill(homeText, { api: urls.api, onboard: urls.onboard });
    return renderPage(visitor, 200, 'home', { title: homeTitle, text, root: urls.root, credentials: shown });
  };
  const router = Router();
  router.get('/', (request, response) => show(request, response));
  router.get('/sandbox', localOnly, (request, response) => show(request, response, credentials()));
  return router;
}
