import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { AppError } from '../errors.js';

/** At most `perMinute` requests a minute for one address, as Express sees it (`TRUST_PROXY` decides whom it believes). */
export function rateLimitPerMinute(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // A proxy that is not trusted is an operator's mistake to find in the log, not a reason to fail a person's request.
    validate: { xForwardedForHeader: false, trustProxy: false },
    handler: (req, _res, next) => {
      const resetTime = (req as { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime;
      const retryAfterSeconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
      next(new AppError('TooManyRequests', { retryAfterSeconds, values: { seconds: retryAfterSeconds } }));
    },
  });
}
