import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { type Logger, pino } from 'pino';
import { pinoHttp } from 'pino-http';

export type { Logger };

/** Query values are left out of every logged address: the callback carries codes. */
const pathOnly = (url: string | undefined) => (url ?? '').split('?')[0];

/** pino-http hands over what pino's own serializer made of an error, with the error itself beside it. */
const serializeRequestError = (error: { raw?: unknown }) => serializeError(error?.raw ?? error);

/** Errors in a log: name, message, code and stack of the chain; never the request objects that libraries hang on to theirs. */
function serializeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    stack: error.stack,
    ...(error.cause !== undefined && depth < 4 && { cause: serializeError(error.cause, depth + 1) }),
  };
}

/** The process's log: JSON lines on standard error, since standard output carries the ready lines. */
export function createLogger(level: string): Logger {
  return pino({ level, serializers: { err: serializeError } }, pino.destination({ fd: 2, sync: true }));
}

/** Gives every request an id (`X-Request-Id` on the answer) and logs its end on one line. */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (_req, res) => {
      const id = randomUUID();
      res.setHeader('X-Request-Id', id);
      return id;
    },
    quietReqLogger: true,
    autoLogging: { ignore: (req) => /^\/(healthz|readyz|metrics|assets)/.test(req.url ?? '') },
    serializers: {
      req: (req: { method: string; url: string }) => ({ method: req.method, path: pathOnly(req.url) }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
      err: serializeRequestError,
    },
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
  }) as RequestHandler;
}
