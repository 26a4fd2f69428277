import { setImmediate } from 'node:timers/promises';
import { type Assets, loadOnDemandRouters } from './web/index.js';

/** Libraries that are loaded where they are first used, beside those that come with a router. */
const libraries = [() => import('axios'), () => import('jsonwebtoken'), () => import('file-type')];

/** Loads and makes what a start leaves for later, in the order in which somebody is likely to want it. */
export async function warmUp(routers: readonly object[], assets: Assets): Promise<void> {
  for (const load of libraries) {
    await load();
    // What has been asked meanwhile comes first.
    await setImmediate();
  }
  await loadOnDemandRouters(routers);
  await assets.compress();
}
