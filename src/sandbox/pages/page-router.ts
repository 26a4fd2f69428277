import { fileURLToPath } from 'node:url';
import express, { type ErrorRequestHandler, type Router } from 'express';
import { findSource } from '../discovery/sources.js';
import type { Platform } from '../platform.js';
import { consentPages } from './consent-pages.js';
import { renderPage } from './render-page.js';
import { sourceLogo } from './source-logo.js';
import { withdrawPage } from './withdraw-page.js';
import { languageOf } from './words.js';

const stylesheet = fileURLToPath(new URL('../../../public/sandbox.css', import.meta.url));

/** The pages under `/apps/saas/`, which people see, and what they are dressed in. */
export function pageRouter(platform: Platform): Router {
  const router = express.Router();
  router.get('/assets/sandbox.css', (_request, response) => response.sendFile(stylesheet));
  router.get('/assets/source-:id.svg', (request, response, next) => {
    const source = findSource(Number(request.params.id));
    if (!source) return next();
    response.type('svg').send(sourceLogo(source));
  });
  router.use(express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 20 }));
  router.use(consentPages(platform), withdrawPage(platform));
  router.use(async (_request, response) => {
    const language = languageOf(undefined);
    const { unknownTitle: title, unknownText: text } = language.words;
    await renderPage(response, 404, 'notice', { ...language, title, text, link: undefined });
  });
  router.use((async (error: { status?: unknown }, _request, response, next) => {
    const status = Number(error.status);
    if (!(status >= 400 && status < 500)) return next(error);
    const language = languageOf(undefined);
    const { unknownTitle: title, unknownText: text } = language.words;
    await renderPage(response, status, 'notice', { ...language, title, text, link: undefined });
  }) satisfies ErrorRequestHandler);
  return router;
}
