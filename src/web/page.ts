import compression from 'compression';
import type { Express, Request, Response } from 'express';
import type { Assets } from './assets.js';
import { type Format, formatOf } from './format.js';
import { hasWord, scriptWords, type Translate, translator } from './i18n.js';
import { isDeveloperView, type Language, languageOf, languages } from './preferences.js';
import { visitorOf } from './session.js';

/** Where in the journey a page stands; the pages of the journey show it as their step indicator. */
export type Step = 'connect' | 'allow' | 'upload' | 'delivered';

/** What every view may use besides its own model. */
export type SharedLocals = {
  t: Translate;
  lang: Language;
  languageLinks: { lang: Language; href: string; current: boolean }[];
  /** The hashed address of a file of `public/`. */
  asset(name: string): string;
  /** A branch of the words as JSON, for a script's data attribute. */
  scriptWords(key: string): string;
  format: Format;
  mode: 'sandbox' | 'live';
  path: string;
  /** Raw facts are shown, and the developer's pages are in the header. Without it they stand under "Details". */
  isDeveloperView: boolean;
  /** Where the switch between the views comes back to. */
  thisPage: string;
  title?: string;
  /** One sentence about the page, for search engines and for who shares its address. */
  description: string;
  step?: Step;
};

/** How pages are made here. `cacheViews: false` reads the templates anew each time, for work on them. */
export type PageSettings = {
  viewsFolder: string;
  assets: Assets;
  mode: 'sandbox' | 'live';
  cacheViews: boolean;
};

/** Tells Express where the views are and gives `renderPage` what it needs. */
export function setUpPages(app: Express, { viewsFolder, assets, mode, cacheViews }: PageSettings): void {
  app.set('views', viewsFolder);
  app.set('view engine', 'ejs');
  app.set('view cache', cacheViews);
  app.locals.assets = assets;
  app.locals.mode = mode;
}

const compress = compression();

/**
 * Answers with the page `view` (`push/show`), in the visitor's language. `model` is exactly what that view reads;
 * the shared names win over it. `title` and `step` take the place of the view's own. Needs `setUpPages`;
 * a fault in a view goes to the app's error handler.
 */
export function renderPage(
  req: Request,
  res: Response,
  view: string,
  model: object,
  options: { status?: number; title?: string; step?: Step } = {},
): void {
  const lang = languageOf(req);
  const t = translator(lang);
  const ofView = `descriptions:${view.replaceAll('/', '-')}`;
  const assets = res.app.locals.assets as Assets;
  const shared: SharedLocals = {
    t,
    lang,
    languageLinks: languages.map((other) => ({
      lang: other,
      href: linkInLanguage(req, other),
      current: other === lang,
    })),
    asset: (name) => assets.url(name),
    scriptWords: (key) => scriptWords(lang, key),
    format: formatOf(lang),
    mode: res.app.locals.mode,
    path: pathOf(req),
    isDeveloperView: isDeveloperView(req),
    description: t(hasWord(ofView) ? ofView : 'common:description'),
    thisPage: canBeAskedForAgain(req) ? req.originalUrl : '/',
    ...(options.title !== undefined && { title: options.title }),
    ...(options.step !== undefined && { step: options.step }),
  };
  res.set('Content-Language', lang);
  res.vary('Accept-Language');
  res.status(options.status ?? 200);
  const render = () => res.render(view, { ...model, ...shared });
  // A visitor's page holds what is theirs beside what an address can put there (`?lang=`, the path): its length must
  // not tell how well the two compress together (the BREACH attack). Who has no visit yet has nothing to guess.
  if (visitorOf(req) === undefined) compress(req, res, render);
  else render();
}

/** The callback carries a code that works once, and what answers a POST has no address of its own. */
function canBeAskedForAgain(req: Request): boolean {
  return (req.method === 'GET' || req.method === 'HEAD') && pathOf(req) !== '/return';
}

/** Gives the address of this page in another language, or of the first page where this one can't be asked for again. */
function linkInLanguage(req: Request, language: Language): string {
  const again = canBeAskedForAgain(req);
  const query = new URLSearchParams(again ? req.originalUrl.split('?').slice(1).join('?') : '');
  query.set('lang', language);
  return `${again ? pathOf(req) : '/'}?${query}`;
}

function pathOf(req: Request): string {
  // One slash at the start, or `//elsewhere.example/` would become a link to another host.
  return `/${(req.originalUrl.split('?', 1)[0] ?? '').replace(/^[/\\]+/, '')}`;
}
