import { setImmediate } from 'node:timers/promises';
import { type RequestHandler, Router } from 'express';

const loaders = new WeakMap<object, () => Promise<void>>();

/**
 * A router whose code is loaded when the first request for one of its paths comes, or by `loadOnDemandRouters`. For
 * rooms that bring much along which a start does not need: reading it would take longer than all the rest of the start.
 * @param prefixes where all of its routes lie, in small letters: `/uploads`
 * @param load tried again with the next request when it fails
 */
export function routerOnDemand(prefixes: readonly string[], load: () => Promise<RequestHandler>): Router {
  const router = Router();
  let loading: Promise<void> | undefined;
  const loadOnce = () => {
    loading ??= load().then(
      (loaded) => void router.use(loaded),
      (error) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  // Express matches without regard to case.
  const isBelow = (path: string) =>
    prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  router.use(async (req, _res, next) => {
    if (isBelow(req.path.toLowerCase())) await loadOnce();
    // What was loaded stands behind this and comes next, for the first request as well.
    next();
  });
  loaders.set(router, loadOnce);
  return router;
}

/** Loads what is still missing, one after the other, with room for requests in between. */
export async function loadOnDemandRouters(routers: readonly object[]): Promise<void> {
  for (const router of routers) {
    await loaders.get(router)?.();
    await setImmediate();
  }
}
