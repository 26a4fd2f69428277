import { Router } from 'express';
import type { Contracts } from '../config/index.js';
import { type Connections, connectionView } from '../connections/index.js';
import { languageOf, renderPage, translator, visitorOf, wantsJson } from '../web/index.js';
import type { HomeContracts } from './home-contracts.js';

export interface HomeRouterOptions {
  readonly mode: 'sandbox' | 'live';
  readonly sandboxUrl: string | undefined;
  readonly contracts: Contracts;
  readonly connections: Connections;
  readonly homeContracts: HomeContracts;
}

/** `GET /`: what this is, the visitor's connections, the buttons that start an authorization, and the contracts. */
export function homeRouter(options: HomeRouterOptions): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const t = translator(languageOf(req));
    const visitorId = visitorOf(req);
    const contracts = await options.homeContracts.views(t);
    const connections =
      visitorId === undefined
        ? []
        : (await options.connections.listOf(visitorId)).map((connection) => connectionView(t, connection));
    const can = {
      library: true,
      provider: options.contracts.provider !== undefined,
      read: options.contracts.read !== undefined,
    };
    if (wantsJson(req)) {
      res.json({
        mode: options.mode,
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
      ...(options.sandboxUrl && { sandbox: { url: options.sandboxUrl } }),
    });
  });
  return router;
}
