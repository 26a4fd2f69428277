import { Router } from 'express';
import { connectionView } from '../connections/index.js';
import { languageOf, renderPage, translator, visitorOf, wantsJson } from '../web/index.js';
import { HomeContracts } from './home-contracts.js';
import type { OnboardingParts } from './parts.js';

/** `GET /`: what this is, the visitor's connections, the buttons that start an authorization, and the contracts. */
export function homeRouter(
  parts: OnboardingParts,
  facts: { mode: 'sandbox' | 'live'; sandboxUrl: string | undefined },
): Router {
  const router = Router();
  const homeContracts = new HomeContracts(parts);
  router.get('/', async (req, res) => {
    const t = translator(languageOf(req));
    const visitorId = visitorOf(req);
    const contracts = await homeContracts.views(t);
    const connections =
      visitorId === undefined
        ? []
        : (await parts.connections.listOf(visitorId)).map((connection) => connectionView(t, connection));
    const can = {
      library: true,
      provider: parts.contracts.provider !== undefined,
      read: parts.contracts.read !== undefined,
    };
    if (wantsJson(req)) {
      res.json({
        mode: facts.mode,
        connections,
        can,
        contracts,
        links: { authorize: '/authorize', push: '/push', pushes: '/pushes' },
      });
      return;
    }
    renderPage(req, res, 'onboarding/home', {
      connections,
      can,
      contracts,
      ...(facts.sandboxUrl && { sandbox: { url: facts.sandboxUrl } }),
    });
  });
  return router;
}
