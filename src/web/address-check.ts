import type { RequestHandler } from 'express';
import { AppError } from '../errors.js';

/**
 * Refuses addresses that no route can mean: NUL in them is nowhere part of a name or id (404), and `OPTIONS *` (RFC
 * 9110 §9.3.7) asks about the server as a whole, of which there is nothing to say (400).
 */
export const addressCheck: RequestHandler = (req, _res, next) => {
  if (!req.url.startsWith('/')) return next(new AppError('InvalidRequest'));
  next(/%00|\0/.test(req.url) ? new AppError('NotFound') : undefined);
};

/**
 * Whether a query is percent-encoded UTF-8 throughout (RFC 3986 §2.1). The parser replaces what is not, so that a code
 * or a name would arrive as another one than was meant.
 */
export function isWellEncoded(url: string): boolean {
  try {
    decodeURIComponent(url.slice(url.indexOf('?') + 1));
    return true;
  } catch {
    return false;
  }
}
