import { Router } from 'express';
import type { Contracts } from '../../config/index.js';
import type { ConnectionCalls, Connections } from '../../connections/index.js';
import type { DigiMe } from '../../digime/index.js';
import type { Recorder } from '../../inspector/index.js';
import type { PayloadStore } from '../../storage/index.js';
import type { Logger, RateLimits } from '../../web/index.js';
import { ProviderIntake } from '../intake/provider-intake.js';
import type { PushIntake } from '../intake/push-intake.js';
import type { UploadGuard } from '../intake/upload-guard.js';
import { MakePage } from '../provider/make-page.js';
import { ProviderAccounts } from '../provider/provider-accounts.js';
import { ResourceChecker } from '../provider/provider-checker.js';
import { ProviderPage } from '../provider/provider-page.js';
import { ProviderSources } from '../provider/provider-sources.js';
import { makeRouter } from './make-router.js';
import { providerRouter } from './provider-router.js';

/** What `bundleRouters` uses. */
interface BundleRoutersParts {
  readonly sdk: DigiMe;
  readonly contracts: Contracts;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly recorder: Recorder;
  readonly guard: UploadGuard;
  readonly intake: PushIntake;
  readonly spool: PayloadStore;
  readonly limits: RateLimits;
  readonly log: Logger;
}

/** All that only bundles for a provider need, with its routes: forms that make one, its check, its push. */
export function bundleRouters(parts: BundleRoutersParts): Router {
  const { sdk, contracts, connections, calls, recorder, guard, intake, spool, limits, log } = parts;
  const checker = new ResourceChecker();
  const accounts = new ProviderAccounts({ sdk, calls, connections });
  const sources = new ProviderSources({ sdk, readContract: contracts.read, recorder });
  const page = new ProviderPage({
    ...{ connections, accounts, log },
    canConnect: contracts.provider !== undefined,
    canListSources: sources.canList,
  });
  return Router().use(
    makeRouter({ connections, guard, page: new MakePage(), editor: page, checker, limits }),
    providerRouter({
      ...{ connections, guard, accounts, sources, page, checker },
      intake: new ProviderIntake({ connections, intake, spool, checker, accounts }),
      limits,
    }),
  );
}
