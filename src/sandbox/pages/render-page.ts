import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { Express, Request, Response } from 'express';
import { type Language, languageOf } from './words.js';

// src/sandbox/pages and dist/sandbox/pages lie equally deep below the views.
const viewFolder = fileURLToPath(new URL('../../../views/sandbox/', import.meta.url));
/** The app's studio shows these pages in a frame. Only pages of this machine may, and apps that are registered. */
const localPages = "'self' http://localhost:* http://127.0.0.1:*";
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'";
const ownScript = "script-src 'self'; connect-src 'self'";

/** Tells the pages of `app` which registered apps may show them in a frame, besides this machine's. */
export function setFramingApps(app: Express, origins: () => string[]): void {
  // With the answer and not with the app: the control routes are an Express app of their own.
  app.use((_request, response, next) => {
    response.locals.framingApps = origins;
    next();
  });
}

/** What came in the address or the form, strings only; what is missing is `undefined`. */
export type Fields = Partial<Record<string, string>>;

/** The fields of a query or a form that are single strings; repeated and nested ones count as missing. */
export function fieldsOf(source: unknown): Fields {
  const entries = Object.entries((source ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** What every page needs of its request. */
export interface Visitor extends Language {
  response: Response;
  /** The same page in the other language. */
  otherLanguage: { lang: 'en' | 'nl'; name: string; href: string };
}

/** Who looks at a page, and in which language; `fields` are those of the page. */
export function visitorOf(request: Request, response: Response, fields: Fields): Visitor {
  const language = languageOf(request, fields.lng);
  const { decision: _decision, outcome: _outcome, ...kept } = fields;
  const to = (lng: string) => `?${new URLSearchParams({ ...(kept as Record<string, string>), lng })}`;
  const otherLanguage =
    language.lang === 'nl'
      ? { lang: 'en' as const, name: 'English', href: to('en') }
      : { lang: 'nl' as const, name: 'Nederlands', href: to('nl') };
  return { ...language, response, otherLanguage };
}

export interface Rendering {
  /** What the page's form may redirect to besides the sandbox: an origin, or the scheme of an app with its colon. */
  formTarget?: string;
  /** Whether the page has a script of the sandbox's own. */
  script?: boolean;
}

/** Answers with a page: a view of `views/sandbox` with its model. */
export async function renderPage(
  { response, ...frame }: Visitor,
  status: number,
  view: string,
  model: Record<string, unknown>,
  { formTarget = '', script = false }: Rendering = {},
): Promise<void> {
  // Chrome holds a redirect that follows a form post against form-action too. CSP has no notation for an IPv6 address:
  // only the scheme can stand for it.
  const target = formTarget.includes('[') ? new URL(formTarget).protocol : formTarget;
  const html = await ejs.renderFile(`${viewFolder}${view}.ejs`, { ...frame, ...model }, { cache: true });
  const framingApps = (response.locals.framingApps as () => string[])();
  const directives = [
    policy,
    `frame-ancestors ${[localPages, ...framingApps].join(' ')}`,
    ...(script ? [ownScript] : []),
    `form-action 'self' ${target}`.trim(),
  ];
  response
    .status(status)
    .set({ 'content-security-policy': directives.join('; ') })
    .type('html')
    .send(html);
}

export interface Notice {
  title: string;
  text: string;
  link?: { href: string; text: string } | undefined;
}

/** Answers with a page that only says something, and leads on where it can. */
export function renderNotice(visitor: Visitor, status: number, { title, text, link }: Notice): Promise<void> {
  return renderPage(visitor, status, 'notice', { title, text, link });
}
