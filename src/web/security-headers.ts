import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers of every answer. `form-action` names digi.me's onboarding origin, because browsers apply it to the redirect
 * that follows a form's POST. `no-store` because almost every page is about one person.
 * @param onboardOrigins where `POST /authorize` sends the browser
 * @param canBeFramed whether there is a studio (sandbox mode), which shows the app's own pages, and the sandbox's, in a
 *   frame. Without one no page frames another, and none can be framed: clickjacking needs a frame.
 */
export function securityHeaders(options: {
  onboardOrigins: readonly string[];
  secure: boolean;
  canBeFramed: boolean;
}): RequestHandler {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'", ...options.onboardOrigins],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: [options.canBeFramed ? "'self'" : "'none'"],
        ...(options.canBeFramed && { frameSrc: ["'self'", ...options.onboardOrigins] }),
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: options.secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    xFrameOptions: { action: options.canBeFramed ? 'sameorigin' : 'deny' },
  });
  return (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    res.set('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
    protect(req, res, next);
  };
}

/** For answers whose address carries codes: not even our own pages get it as a referrer. */
export const noReferrer: RequestHandler = (_req, res, next) => {
  res.set('Referrer-Policy', 'no-referrer');
  next();
};
