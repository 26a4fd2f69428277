import { fileURLToPath } from 'node:url';
import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express';
import { findSource, type Source } from '../discovery/sources.js';
import type { Platform } from '../platform.js';
import { consentPages } from './consent-pages.js';
import { renderNotice, visitorOf } from './render-page.js';
import { withdrawPage } from './withdraw-page.js';

const assets = ['sandbox.css', 'sandbox-library.js'];

/** The pages under `/apps/saas/`, which people see, and what they are dressed in. */
export function pageRouter(platform: Platform): Router {
  const router = express.Router();
  for (const asset of assets) {
    const path = fileURLToPath(new URL(`../../../public/${asset}`, import.meta.url));
    // The folder that it was unpacked into may have a part that begins with a dot.
    router.get(`/assets/${asset}`, (_request, response) => response.sendFile(path, { dotfiles: 'allow' }));
  }
  router.get('/assets/source-:id.svg', (request, response, next) => {
    const source = findSource(Number(request.params.id));
    if (!source) return next();
    response.type('svg').send(sourceLogo(source));
  });
  router.use(express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 20 }));
  router.use(consentPages(platform), withdrawPage(platform));
  router.use((request, response) => showNothing(request, response, 404));
  router.use((async (error: { status?: unknown }, request, response, next) => {
    const status = Number(error.status);
    if (!(status >= 400 && status < 500)) return next(error);
    await showNothing(request, response, status);
  }) satisfies ErrorRequestHandler);
  return router;
}

function showNothing(request: Request, response: Response, status: number): Promise<void> {
  const visitor = visitorOf(request, response, {});
  const { unknownTitle: title, unknownText: text } = visitor.words;
  return renderNotice(visitor, status, { title, text });
}

/** A plain SVG badge with the source's first letters: sources here are invented, and so are their logos. */
function sourceLogo({ id, name }: Source): string {
  const letters = name
    .replace(/^(MedMij|Sandbox) /, '')
    .split(' ')
    .map((word) => word.charAt(0))
    .filter((letter) => /[A-Z]/.test(letter))
    .slice(0, 2)
    .join('');
  const hue = (id * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="${letters}"><rect width="64" height="64" rx="14" fill="hsl(${hue} 45% 38%)"/><text x="32" y="41" font-family="sans-serif" font-size="26" fill="#fff" text-anchor="middle">${letters}</text></svg>`;
}
