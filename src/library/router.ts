import { type Request, Router } from 'express';
import type { Contracts } from '../config/index.js';
import { type Connection, type Connections, contractFor } from '../connections/index.js';
import { AppError } from '../errors.js';
import { type Authorizations, sendToDigime } from '../onboarding/index.js';
import {
  fieldsOf,
  isTokenRefusal,
  noReferrer,
  oneString,
  type RateLimits,
  renderPage,
  smallBody,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import { answerFile, type FilePageOptions } from './file-page.js';
import { type LibraryPageOptions, showLibrary } from './library-page.js';

export interface LibraryRouterOptions extends LibraryPageOptions, FilePageOptions {
  readonly connections: Connections;
  readonly contracts: Contracts;
  readonly authorizations: Authorizations;
  readonly limits: RateLimits;
}

/** `GET /library`, `POST /library/authorize` and `GET /library/{name}`. */
export function libraryRouter(options: LibraryRouterOptions): Router {
  const router = Router();
  const connectionsOf = async (req: Request) => {
    const visitorId = visitorOf(req);
    return visitorId === undefined ? [] : options.connections.listOf(visitorId);
  };

  router.get('/library', async (req, res) => {
    if (options.contracts.read === undefined) {
      if (wantsJson(req)) contractFor(options.contracts, 'read');
      return renderPage(req, res, 'library/missing', {}, { status: 404 });
    }
    const connections = await connectionsOf(req);
    const reading = chooseReading(connections, req);
    if (reading?.state === 'active') {
      try {
        return await showLibrary(options, req, res, connections, reading);
      } catch (error) {
        // The permission ran out: that is said on the page that asks for it again.
        if (!isTokenRefusal(error)) throw error;
      }
    }
    const model = {
      state: reading === undefined ? 'not-connected' : 'needs-reauthorization',
      hasLibrary: connections.some(({ type }) => type === 'library'),
    };
    if (wantsJson(req)) res.json({ ...model, files: [], links: { authorize: '/library/authorize' } });
    else renderPage(req, res, 'library/connect', { ...model, reauthorize: reading?.id });
  });

  router.post('/library/authorize', noReferrer, ...options.limits.starts, ...smallBody, async (req, res) => {
    const connectionId = oneString(fieldsOf(req).connection);
    const renew =
      connectionId &&
      (await connectionsOf(req)).find(({ id, type }) => id === connectionId && type === 'read');
    if (connectionId === null || (connectionId && !renew)) throw new AppError('ConnectionNotFound');
    const request = { type: 'read' as const, ...(renew && { renew }) };
    await sendToDigime(options, req, res, request);
  });

  router.get('/library/:name', async (req, res) => {
    // As a segment of digi.me's address these would mean another call (RFC 3986 §5.2.4).
    if (req.params.name === '.' || req.params.name === '..') throw new AppError('NotFound');
    contractFor(options.contracts, 'read');
    const connections = await connectionsOf(req);
    const connection = chooseReading(connections, req);
    if (connection === undefined) throw new AppError('NotFound');
    if (connection.state !== 'active') throw new AppError('ConnectionNeedsReauthorization');
    const isOneOfSeveral = connections.filter(({ type }) => type === 'read').length > 1;
    await answerFile(options, req, res, { connection, name: req.params.name, isOneOfSeveral });
  });
  return router;
}

/**
 * The reading connection that `?connection=` names, else the newest usable one.
 * @throws AppError ConnectionNotFound for one that the visitor does not have
 */
function chooseReading(connections: readonly Connection[], req: Request): Connection | undefined {
  const readings = connections.filter(({ type }) => type === 'read');
  const wanted = oneString(req.query.connection);
  if (wanted === undefined) return readings.find(({ state }) => state === 'active') ?? readings[0];
  const found = readings.find(({ id }) => id === wanted);
  if (found === undefined) throw new AppError('ConnectionNotFound');
  return found;
}
