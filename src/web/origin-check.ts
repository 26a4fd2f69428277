import type { RequestHandler } from 'express';
import { AppError } from '../errors.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses unsafe requests that another site made a browser send (CSRF), before their body is read. `Sec-Fetch-Site`
 * decides where it is present, else `Origin`; a client that sends neither is no browser and is let through.
 */
export function originCheck(ownOrigin: () => string): RequestHandler {
  return (req, _res, next) => {
    if (safeMethods.has(req.method)) return next();
    const site = req.get('Sec-Fetch-Site');
    const origin = req.get('Origin');
    const crossSite =
      site !== undefined
        ? site !== 'same-origin' && site !== 'none'
        : origin !== undefined && origin !== ownOrigin();
    next(crossSite ? new AppError('CrossSiteRequest') : undefined);
  };
}
