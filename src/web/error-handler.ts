import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { AppError, type ErrorCode, type Problem } from '../errors.js';
import { wantsJson } from './answers.js';
import { hasWord, type Translate, translator } from './i18n.js';
import { renderPage } from './page.js';
import { asAppError } from './platform-error.js';
import { languageOf } from './preferences.js';

/** For any address that no router knows. */
export const notFound: RequestHandler = (_req, _res, next) => next(new AppError('NotFound'));

/** What body parsers, the router and Node say, in the words of our table. */
function ofLibrary(error: { status?: unknown; statusCode?: unknown; type?: unknown }): ErrorCode {
  const status = Number(error.status ?? error.statusCode);
  if (status === 413) return 'ProviderResourceTooLarge';
  if (status === 415) return 'InvalidRequest';
  return status >= 400 && status < 500 ? 'InvalidRequest' : 'InternalError';
}

function toAppError(error: unknown): AppError {
  const known = asAppError(error);
  if (known instanceof AppError) return known;
  const shape = typeof known === 'object' && known !== null ? known : {};
  return new AppError(ofLibrary(shape), { cause: known });
}

function translateProblems(t: Translate, problems: Problem[] | undefined): Problem[] | undefined {
  return problems?.map(({ path, message, values }) => ({
    path,
    message: hasWord(message) ? t(message, values) : message,
  }));
}

/** Where a person can go on from each kind of error; without an entry the first page. */
const wayOn: Partial<Record<ErrorCode, { href: string; label: string }>> = {
  ConnectionNeedsReauthorization: { href: '/accounts', label: 'ways:accounts' },
  PushNotRetryable: { href: '/pushes', label: 'ways:history' },
  PushNotCancellable: { href: '/pushes', label: 'ways:history' },
  IdempotencyConflict: { href: '/pushes', label: 'ways:history' },
  StateUsed: { href: '/push', label: 'ways:upload' },
  ConnectionNotFound: { href: '/push', label: 'ways:upload' },
};

/** What may work in a moment without anybody changing anything. */
const passing: readonly ErrorCode[] = [
  'TooManyRequests',
  'TooManyUploads',
  'DigimeUnreachable',
  'StorageUnavailable',
  'ShuttingDown',
];
const retryAfterSeconds = 5;

interface WayOn {
  href: string;
  label: string;
  /** Sent as a form of these fields. */
  post?: boolean;
  fields?: Record<string, string>;
}

/** What the page offers next. An empty `href` asks for the same page again, without its query standing on the page. */
function wayOnFrom(req: Request, error: AppError): WayOn {
  const t = translator(languageOf(req));
  const again = t('ways:again');
  if (error.code === 'ConsentCancelled' || error.code === 'ConsentFailed') {
    const { type, connection } = error.values;
    if (type === 'read') return { href: '/library/authorize', label: again, post: true };
    const fields = { type: String(type ?? 'library'), ...(connection && { connection: String(connection) }) };
    return { href: '/authorize', label: again, post: true, fields };
  }
  if (passing.includes(error.code) && req.method === 'GET') return { href: '', label: again };
  const way = wayOn[error.code] ?? listAbove(req, error) ?? { href: '/', label: 'ways:home' };
  return { href: way.href, label: t(way.label) };
}

/** Where one thing is not found, the list of such things is. */
function listAbove(req: Request, error: AppError): { href: string; label: string } | undefined {
  if (error.code !== 'NotFound' && error.code !== 'AccountNotFound') return undefined;
  const lists = { '/pushes': 'ways:history', '/library': 'ways:library', '/accounts': 'ways:accounts' };
  const found = Object.entries(lists).find(([path]) => req.originalUrl.startsWith(`${path}/`));
  return found && { href: found[0], label: found[1] };
}

function sentences(t: Translate, error: AppError): { title: string; message: string; advice: string } {
  const values = { ...error.values };
  const platformMessage = error.platform && `errors:platform.${error.platform.code}.message`;
  return {
    title: t(`errors:${error.code}.title`, values),
    message:
      platformMessage && hasWord(platformMessage)
        ? t(platformMessage)
        : t(`errors:${error.code}.message`, values),
    advice: t(`errors:${error.code}.advice`, values),
  };
}

/** What an `AppError` says in the language of the request; also for pages that show an error inside themselves. */
export function describeError(
  req: Request,
  error: AppError,
): { title: string; message: string; advice: string; details?: Problem[] } {
  const t = translator(languageOf(req));
  const details = translateProblems(t, error.details);
  return { ...sentences(t, error), ...(details && { details }) };
}

function answer(req: Request, res: Response, error: AppError): void {
  const requestId = String(req.id ?? '');
  if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds));
  const { title, message, advice, details } = describeError(req, error);
  const platform = error.platform && {
    platformCode: error.platform.code,
    platformReference: error.platform.reference,
  };
  if (wantsJson(req)) {
    res.status(error.status).json({
      error: {
        code: error.code,
        message: `${message} ${advice}`.trim(),
        requestId,
        ...(details && { details }),
        ...platform,
      },
    });
    return;
  }
  const action = wayOnFrom(req, error);
  renderPage(
    req,
    res,
    'error',
    {
      error: {
        code: error.code,
        status: error.status,
        title,
        message,
        advice,
        requestId,
        details,
        action,
        ...(error.code === 'ConsentCancelled' && { isCalm: true }),
        ...(action.href === '' && { retryInSeconds: error.retryAfterSeconds ?? retryAfterSeconds }),
        ...platform,
      },
    },
    { status: error.status, title },
  );
}

/**
 * The one error handler: the sentence of the table as a page or as JSON, with the request id and never a stack. What
 * is our own fault is logged as an error, what a client did as information.
 */
export const errorHandler: ErrorRequestHandler = (error, req, res, next) => {
  const known = toAppError(error);
  res.locals.errorCode = known.code;
  if (known.status >= 500) req.log?.error({ err: known.cause ?? known, code: known.code }, 'request failed');
  else req.log?.info({ code: known.code }, 'request refused');
  // Too late to answer: end the connection, so that what was sent can't be taken for the whole.
  if (res.headersSent) return void res.destroy();
  try {
    answer(req, res, known);
  } catch (failure) {
    next(failure);
  }
};

/** Answers when even the error page can't be made. */
export const lastResort: ErrorRequestHandler = (error, req, res, _next) => {
  req.log?.error({ err: error }, 'the error page failed');
  if (res.headersSent) return void res.destroy();
  res
    .status(500)
    .type('text/plain')
    .send(`InternalError. Request id: ${String(req.id ?? '')}`);
};
