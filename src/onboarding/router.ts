import { type Request, Router } from 'express';
import type { Connections, ConnectionType } from '../connections/index.js';
import { AppError, type Problem } from '../errors.js';
import {
  fieldsOf,
  noReferrer,
  oneString,
  type RateLimits,
  seeOther,
  smallBody,
  visitorOf,
} from '../web/index.js';
import type { Callbacks } from './callback.js';
import { sendToDigime } from './send-to-digime.js';
import type { AuthorizationRequest, Authorizations } from './start-authorization.js';

const pageAfter: Record<ConnectionType, string> = {
  library: '/push',
  provider: '/push/provider',
  read: '/library',
};

async function readRequest(connections: Connections, req: Request): Promise<AuthorizationRequest> {
  const fields = fieldsOf(req);
  const problems: Problem[] = [];
  const type =
    oneString(fields.type) ?? (fields.type === undefined || fields.type === '' ? 'library' : undefined);
  if (type !== 'library' && type !== 'provider')
    problems.push({ path: 'type', message: 'fields:authorizationType' });
  const serviceText =
    typeof fields.serviceId === 'number' ? String(fields.serviceId) : oneString(fields.serviceId);
  const serviceId = serviceText === undefined ? undefined : Number(serviceText);
  if (
    serviceText === null ||
    (serviceId !== undefined && !(Number.isSafeInteger(serviceId) && serviceId > 0))
  )
    problems.push({ path: 'serviceId', message: 'fields:serviceId' });
  const locale = oneString(fields.locale);
  if (locale === null || (locale !== undefined && !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/.test(locale)))
    problems.push({ path: 'locale', message: 'fields:locale' });
  const connectionId = oneString(fields.connection);
  if (connectionId === null) problems.push({ path: 'connection', message: 'fields:oneValue' });
  if (problems.length > 0) throw new AppError('InvalidRequest', { details: problems });
  if (!connectionId) return { type: type as ConnectionType, serviceId, locale: locale ?? undefined };
  const renew = await connections.find(visitorOf(req) ?? '', connectionId);
  if (renew === undefined) throw new AppError('ConnectionNotFound');
  return { type: renew.type, locale: locale ?? undefined, renew };
}

/** `POST /authorize` and `GET /return`. */
export function onboardingRouter(
  parts: {
    readonly authorizations: Authorizations;
    readonly callbacks: Callbacks;
    readonly connections: Connections;
  },
  limits: RateLimits,
): Router {
  const router = Router();
  router.post('/authorize', noReferrer, ...limits.starts, ...smallBody, async (req, res) => {
    await sendToDigime(parts, req, res, await readRequest(parts.connections, req));
  });
  router.get('/return', noReferrer, ...limits.callbacks, async (req, res) => {
    const connection = await parts.callbacks.handle(req);
    const location = pageAfter[connection.type];
    seeOther(req, res, location, {
      connection: { id: connection.id, type: connection.type, account: connection.account },
      location,
    });
  });
  return router;
}
