import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import { applyFault } from '../control/apply-fault.js';
import type { Faults, RouteName } from '../control/faults.js';
import { meterBody } from '../control/meter.js';
import type { RequestLog } from '../control/request-log.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import { accounts } from './accounts.js';
import { authorize } from './authorize.js';
import { type CallLocals, call } from './call.js';
import { importFile } from './import-file.js';
import { token } from './token.js';
import { tokenReference } from './token-reference.js';

type Log = (entry: Record<string, unknown>) => void;

/** The API under `/v1.7/`: every call is metered and recorded, meets its fault if one waits, and is then worked off. */
export function apiRouter(platform: Platform, log: RequestLog, faults: Faults, tell: Log): Router {
  const router = express.Router({ caseSensitive: true });
  const inFront = (name: RouteName | 'unknown') => recordAndFault(name, platform, log, faults, tell);
  const route = (method: 'get' | 'post' | 'delete', path: string, name: RouteName, handler: RequestHandler) =>
    router[method](path, inFront(name), handler);

  route('get', '/jwks/oauth', 'jwks', (_request, response) => {
    const { kid, publicKey: pem } = platform.platformKey;
    response.json({ keys: [{ kid, pem }] });
  });
  route('post', '/oauth/authorize', 'authorize', call(platform, 'any', authorize));
  route('post', '/oauth/token', 'token', call(platform, 'any', token));
  route('post', '/oauth/token/reference', 'token-reference', call(platform, 'any', tokenReference));
  route('get', '/permission-access/accounts', 'accounts', call(platform, 'any', accounts));
  route('post', '/permission-access/import', 'import', call(platform, 'write', importFile));
  router.use(inFront('unknown'), (request) => {
    throw new Refusal('NotFound', `there is no ${request.method} ${request.path} in this API`);
  });
  router.use(answerErrors(tell));
  return router;
}

function recordAndFault(
  name: RouteName | 'unknown',
  platform: Platform,
  log: RequestLog,
  faults: Faults,
  tell: Log,
): RequestHandler {
  return async (request, response, next) => {
    const startedAt = platform.clock.real();
    const recorded = log.record(request, name, request.originalUrl, startedAt);
    const body = meterBody(request, recorded);
    Object.assign(response.locals, { recorded, body } satisfies CallLocals);
    response.once('close', () => {
      recorded.status = response.headersSent ? response.statusCode : null;
      recorded.durationMs = platform.clock.real() - startedAt;
      const { id, route, method, status, durationMs, error, fault } = recorded;
      tell({ event: 'sandbox.request', id, route, method, status, durationMs, error, fault });
    });
    const fault = faults.take(name);
    if (fault) {
      recorded.fault = { ...fault };
      if (!(await applyFault(fault, request, response, body, recorded))) return;
    }
    next();
  };
}

function answerErrors(tell: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { recorded, body } = response.locals as Partial<CallLocals>;
    // What the client is still sending is read to its end, so that it can see the answer on the same connection.
    body?.resume();
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('InternalServerError', 'the sandbox failed: see its log');
    if (refusal !== error)
      tell({ event: 'sandbox.failure', reference: refusal.reference, error: String(error) });
    if (recorded) recorded.error = refusal.body().error;
    if (response.headersSent || request.socket.destroyed) request.socket.destroy();
    else response.status(refusal.status).json(refusal.body());
  };
}
