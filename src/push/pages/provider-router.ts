import { type Request, type Response, Router } from 'express';
import { AppError } from '../../errors.js';
import {
  fieldsOf,
  oneString,
  rateLimitPerMinute,
  seeOther,
  smallBody,
  visitorOf,
  wantsJson,
} from '../../web/index.js';
import { chooseConnection } from '../intake/library-intake.js';
import { lingeringClose } from '../intake/lingering-close.js';
import { acceptResource } from '../intake/provider-intake.js';
import { chooseAccount } from '../provider/provider-accounts.js';
import { assertResourceSize, type ResourceRequest, receiveResource } from '../provider/provider-body.js';
import { ResourceChecker } from '../provider/provider-checker.js';
import { showProviderPage } from '../provider/provider-page.js';
import type { ProviderParts, ProviderRoom } from '../provider/provider-parts.js';
import { showSources } from '../provider/provider-sources-page.js';
import { answerAccepted } from './router.js';

/** The routes for resources that go to a provider: the page, its check, the list of sources, and the push. */
export function providerRouter(parts: ProviderParts, pushesPerMinute: number): Router {
  const room: ProviderRoom = { ...parts, checker: new ResourceChecker() };
  const router = Router();
  const limit = rateLimitPerMinute(pushesPerMinute);

  router.get('/push/provider', async (req, res) => {
    await showProviderPage(room, req, res);
    room.checker.prepareSoon();
  });
  router.get('/push/provider/sources', limit, (req, res) => showSources(room, req, res));
  router.post('/push/provider/check', limit, async (req, res) => {
    const request = await receive(room, req, res);
    if (wantsJson(req)) return check(room, res, request);
    await showChecked(room, req, res, request);
  });
  router.post('/push/provider', limit, async (req, res) => {
    // Refused before the body is read, unless a person could lose what they wrote.
    if (visitorOf(req) === undefined && wantsJson(req)) {
      lingeringClose(req, res);
      throw new AppError('ConnectionNotFound');
    }
    const request = await receive(room, req, res);
    try {
      answerAccepted(req, res, await acceptResource(room, req, visitorOf(req) ?? '', request));
    } catch (error) {
      if (wantsJson(req) || !(error instanceof AppError) || request.text === undefined) throw error;
      await showRefused(room, req, res, request, error);
    }
  });
  router.post('/push/provider/account', limit, ...smallBody, async (req, res) => {
    const fields = fieldsOf(req);
    const connections = await room.connections.listOf(visitorOf(req) ?? '');
    const connection = chooseConnection(connections, 'provider', oneString(fields.connection) ?? undefined);
    await chooseAccount(room, connection, oneString(fields.accountId) ?? undefined);
    const location = `/push/provider?connection=${encodeURIComponent(connection.id)}`;
    seeOther(req, res, location, { connection: connection.id, accountId: fields.accountId, location });
  });
  return router;
}

/** Reads the body within the limits for uploads: places, quotas, and a client that really sends. */
async function receive(room: ProviderRoom, req: Request, res: Response): Promise<ResourceRequest> {
  const read = () => receiveResource(req, res);
  // Nothing was stored yet: what comes in after its time-out is simply let go.
  const letGo = async () => {};
  return room.guard.admit(req, visitorOf(req) ?? 'nobody', read, letGo).catch((error) => {
    lingeringClose(req, res);
    throw error;
  });
}

async function check(room: ProviderRoom, res: Response, { text = '' }: ResourceRequest): Promise<void> {
  assertResourceSize(text);
  const { problems, accepted } = await room.checker.check(text);
  res.json({ problems, accepted: accepted !== undefined });
}

/** The form's buttons Check and Format, for browsers without scripts. */
async function showChecked(
  room: ProviderRoom,
  req: Request,
  res: Response,
  request: ResourceRequest,
): Promise<void> {
  const text = request.format ? formatted(request.text ?? '') : (request.text ?? '');
  try {
    assertResourceSize(text);
    const { problems } = await room.checker.check(text);
    await showProviderPage(room, req, res, { request: { ...request, text }, problems });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await showProviderPage(room, req, res, { request: { ...request, text }, refusal: error });
  }
}

/** The page once more, with the text and why it did not go; what the check found comes with its lines. */
async function showRefused(
  room: ProviderRoom,
  req: Request,
  res: Response,
  request: ResourceRequest,
  refusal: AppError,
): Promise<void> {
  const isChecked = refusal.code === 'ProviderResourceInvalid';
  const problems = isChecked ? (await room.checker.check(request.text ?? '')).problems : undefined;
  await showProviderPage(room, req, res, { request, refusal, ...(problems && { problems }) });
}

/** JSON with two blanks per level; what is not JSON stays as it is. */
function formatted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
