import { type Request, type RequestHandler, type Response, Router } from 'express';
import { AppError } from '../errors.js';
import { fieldsOf, smallBody } from './small-body.js';

/** The languages that every page comes in; the first is the fallback. */
export const languages = ['en', 'nl'] as const;
export type Language = (typeof languages)[number];

/** Who the pages are made for: somebody who sends a file, or somebody who learns the wire. The first is the default. */
export const views = ['person', 'developer'] as const;
export type View = (typeof views)[number];

const languageCookie = 'lang';
const viewCookie = 'view';
const cookieLifetimeMs = 365 * 24 * 60 * 60 * 1000;

/**
 * Decides the language of a request: `?lang=`, then the cookie `lang`, then `Accept-Language`, then English.
 * Anything that is not one of `languages` counts as not said.
 */
export function languageOf(req: Request): Language {
  return (
    asLanguage(req.query.lang) ??
    asLanguage(readCookie(req, languageCookie)) ??
    asLanguage(req.acceptsLanguages([...languages]) || undefined) ??
    languages[0]
  );
}

/**
 * Whether this visitor has switched the developer view on (the cookie `view`). In a frame, the studio's phone, it is
 * always the person's view (Fetch Metadata: `Sec-Fetch-Dest`).
 */
export function isDeveloperView(req: Request): boolean {
  if (req.get('sec-fetch-dest') === 'iframe') return false;
  return readCookie(req, viewCookie) === 'developer';
}

/**
 * Middleware that keeps a language chosen with `?lang=` in a cookie for a year (`HttpOnly`, `SameSite=Lax`, `Secure`
 * on a secure connection), so that the choice survives the way to digi.me and back.
 */
export function createI18n(): RequestHandler {
  return (req, res, next) => {
    const chosen = asLanguage(req.query.lang);
    if (chosen && readCookie(req, languageCookie) !== chosen) keep(req, res, languageCookie, chosen);
    next();
  };
}

/**
 * `POST /view` with `view` (`person` or `developer`) and `page`, the path to go back to: keeps the choice in a cookie
 * as the language is kept, and answers 303. @throws AppError InvalidRequest
 */
export function viewRouter(): Router {
  const router = Router();
  router.post('/view', ...smallBody, (req, res) => {
    const { view, page } = fieldsOf(req);
    const chosen = views.find((known) => known === view);
    if (chosen === undefined)
      throw new AppError('InvalidRequest', { details: [{ path: 'view', message: 'fields:view' }] });
    keep(req, res, viewCookie, chosen);
    res.redirect(303, ownPath(page));
  });
  return router;
}

/** A path of this app: anything else, `//elsewhere.example` and `/\elsewhere.example` included, becomes the first page. */
function ownPath(page: unknown): string {
  if (typeof page !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(page) || page.includes('\\')) return '/';
  return page;
}

function keep(req: Request, res: Response, name: string, value: string): void {
  res.cookie(name, value, { httpOnly: true, sameSite: 'lax', secure: req.secure, maxAge: cookieLifetimeMs });
}

function asLanguage(value: unknown): Language | undefined {
  return languages.find((language) => language === value);
}

function readCookie(req: Request, name: string): string | undefined {
  return req.headers.cookie
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
