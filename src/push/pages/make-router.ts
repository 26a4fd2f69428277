import { Router } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import { languageOf, type RateLimits, wantsJson } from '../../web/index.js';
import type { UploadGuard } from '../intake/upload-guard.js';
import { receiveMakeRequest } from '../provider/make-body.js';
import type { MakePage } from '../provider/make-page.js';
import type { ResourceChecker } from '../provider/provider-checker.js';
import type { ProviderPage } from '../provider/provider-page.js';
import { askerOf, connectedVisitor } from './provider-router.js';

/** The routes for forms that make a bundle: all forms, one of them, and what it makes. */
export function makeRouter(parts: {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly guard: UploadGuard;
  readonly page: MakePage;
  readonly editor: ProviderPage;
  readonly checker: ResourceChecker;
  readonly limits: RateLimits;
}): Router {
  const { connections, guard, page, editor, checker, limits } = parts;
  const router = Router();

  router.get('/push/provider/make', (req, res) => page.showForms(req, res));
  router.get('/push/provider/make/:form', (req, res) => page.showEmpty(req, res));
  router.post('/push/provider/make/:form', ...limits.uploads, async (req, res) => {
    const visitorId = await connectedVisitor(connections, req);
    const request = await guard.admitCheck(req, res, visitorId, () => receiveMakeRequest(req, res));
    const made = page.make(req, request);
    if (made === undefined && wantsJson(req)) {
      const details = [{ path: 'definition', message: 'make:questionnaire.wrong' }];
      throw new AppError('InvalidRequest', { details });
    }
    if (made !== undefined && wantsJson(req)) {
      const { text, problems, shown } = made;
      return void res.json({ problems, ...shown, ...(text !== undefined && { resource: text }) });
    }
    if (made?.text === undefined) return page.showMade(req, res, request, made);
    const { text } = made;
    const checked = await checker.check({ text, language: languageOf(req) }, askerOf(req, res));
    const { connection } = request;
    await editor.show(req, res, { request: { text, ...(connection && { connection }) }, checked });
  });
  return router;
}
