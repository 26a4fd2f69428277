import { createPublicKey } from 'node:crypto';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import { applyFault } from '../control/apply-fault.js';
import { type Faults, faultIn, type RouteName } from '../control/faults.js';
import { meterBody } from '../control/meter.js';
import { recordRequest } from '../control/record-request.js';
import type { RequestLog } from '../control/request-log.js';
import {
  queryCategories,
  queryCountries,
  queryPlatforms,
  querySources,
} from '../discovery/discovery-calls.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import { accounts } from './account/accounts.js';
import { contract, publicContract } from './account/contract.js';
import { deleteAccount, deleteUser } from './account/delete.js';
import { portabilityReport } from './account/portability-report.js';
import { reference } from './account/reference.js';
import { revoke } from './account/revoke.js';
import { serviceSampleDataSets } from './account/sample-data-sets.js';
import { authorize } from './authorization/authorize.js';
import { token } from './authorization/token.js';
import { tokenReference } from './authorization/token-reference.js';
import { type CallLocals, call } from './call.js';
import { importFile } from './library/import-file.js';
import { importToProvider } from './library/provider-import.js';
import { readFile } from './library/read-file.js';
import { fileList, openReadSession } from './library/read-session.js';
import { createProvisionalStorage, userStorage } from './storage/storage-calls.js';
import { deleteStorageFile, readStorageFile, uploadStorageFile } from './storage/storage-files.js';

type Log = (entry: Record<string, unknown>) => void;

/** The API under `/v1.7/`: every call is metered and recorded, meets its fault if one waits, and is then worked off. */
export function apiRouter(platform: Platform, log: RequestLog, faults: Faults, tell: Log): Router {
  const router = express.Router({ caseSensitive: true });
  const inFront = (name: RouteName | 'unknown') => recordAndFault(name, platform, log, faults, tell);
  const route = (
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    name: RouteName,
    handler: RequestHandler,
  ) => router[method](path, inFront(name), handler);

  route('get', '/jwks/oauth', 'jwks', (_request, response) => {
    const key = createPublicKey(platform.platformKey.publicKey);
    const { kty, n, e } = key.export({ format: 'jwk' });
    const pem = key.export({ type: 'pkcs1', format: 'pem' });
    response.json({ keys: [{ kid: platform.platformKey.kid, kty, n, e, pem }] });
  });
  route('post', '/oauth/authorize', 'authorize', call(platform, 'any', authorize));
  route('post', '/oauth/token', 'token', call(platform, 'any', token));
  route('post', '/oauth/token/reference', 'token-reference', call(platform, 'any', tokenReference));
  route('post', '/reference', 'reference', call(platform, 'any', reference));
  route('post', '/permission-access/import', 'import', call(platform, 'write', importFile));
  // The id travels in the header accountId; what looks like a parameter in these paths is literal.
  const provider = '/permission-access/import/h\\:accountId/:standard/:version';
  route('post', provider, 'provider-import', call(platform, 'write', importToProvider));
  route('get', '/permission-access/accounts', 'accounts', call(platform, 'any', accounts));
  route('post', '/discovery/sources', 'sources', call(platform, 'read', querySources));
  route('post', '/discovery/categories', 'categories', call(platform, 'any', queryCategories));
  route('post', '/discovery/countries', 'countries', call(platform, 'any', queryCountries));
  route('post', '/discovery/platforms', 'platforms', call(platform, 'any', queryPlatforms));
  const dataSets = '/permission-access/sample/datasets/:sourceId';
  route('get', dataSets, 'sample-data-sets', call(platform, 'any', serviceSampleDataSets));
  route('get', '/export/:serviceType/report', 'portability-report', call(platform, 'any', portabilityReport));
  route('get', '/permission-access/contract', 'contract', call(platform, 'even-refused', contract));
  route('get', '/permission-access/contract/:id/:applicationId', 'contract', ({ params }, response) => {
    response.json(publicContract(platform, params.id, params.applicationId));
  });
  route('get', '/permission-access/revoke/h\\:accountId', 'revoke', call(platform, 'any', revoke));
  const account = '/permission-access/service/h\\:accountId';
  route('delete', account, 'delete-account', call(platform, 'any', deleteAccount));
  route('delete', '/user', 'delete-user', call(platform, 'any', deleteUser));
  route('post', '/permission-access/trigger', 'trigger', call(platform, 'trigger', openReadSession));
  route('get', '/permission-access/query/:sessionKey', 'query', call(platform, 'read', fileList));
  route('get', '/permission-access/query/:sessionKey/:name', 'file', call(platform, 'read', readFile));
  // Nobody has published the paths of the storage calls: those that clients are likely to ask are all served.
  for (const storage of ['/clouds', '/clouds/storage', '/storage', '/permission-access/storage']) {
    route('post', storage, 'storage', call(platform, 'any', createProvisionalStorage));
    route('get', storage, 'storage', call(platform, 'any', userStorage));
  }
  for (const files of ['/clouds/:storageId/files{/*path}', '/storage/:storageId/files{/*path}']) {
    route('post', files, 'storage-files', call(platform, 'any', uploadStorageFile));
    route('put', files, 'storage-files', call(platform, 'any', uploadStorageFile));
    route('get', files, 'storage-files', call(platform, 'any', readStorageFile));
    route('delete', files, 'storage-files', call(platform, 'any', deleteStorageFile));
  }
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
    const recorded = recordRequest(log, request, {
      route: name,
      path: request.originalUrl,
      timestamp: startedAt,
    });
    const body = meterBody(request, recorded);
    Object.assign(response.locals, { recorded, body } satisfies CallLocals);
    // What a client still sends after its answer is read to the end: it may look at the answer only then.
    response.once('finish', () => body.resume());
    response.once('close', () => {
      recorded.status = response.headersSent ? response.statusCode : null;
      recorded.durationMs = platform.clock.real() - startedAt;
      const { id, route, method, status, durationMs, error, fault } = recorded;
      tell({ event: 'sandbox.request', id, route, method, status, durationMs, error, fault });
    });
    const fault = faultIn(request) ?? faults.take(name);
    if (fault) {
      recorded.fault = { ...fault };
      if (!(await applyFault(fault, request, response, body, recorded))) return;
    }
    next();
  };
}

function answerErrors(tell: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { recorded } = response.locals as Partial<CallLocals>;
    const refusal = refusalFor(error);
    const { code, message, reference } = refusal;
    const cause = refusal === error ? {} : { cause: String(error) };
    tell({
      event: 'sandbox.refusal',
      id: recorded?.id,
      route: recorded?.route,
      code,
      message,
      reference,
      ...cause,
    });
    if (recorded) recorded.error = refusal.body().error;
    if (response.headersSent || request.socket.destroyed) request.socket.destroy();
    else response.status(refusal.status).set(refusal.headers()).json(refusal.body());
  };
}

/** Express' own errors, such as a path that is badly encoded, say by a status whose fault they are. */
function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { status } = error as { status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Refusal('InvalidRequest', 'the request is badly encoded');
  }
  return new Refusal('InternalServerError', 'the sandbox failed: see its log');
}
