import { type Request, type Response, Router } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import {
  fieldsOf,
  languageOf,
  oneString,
  type RateLimits,
  seeOther,
  smallBody,
  visitorOf,
  wantsJson,
} from '../../web/index.js';
import type { ProviderIntake } from '../intake/provider-intake.js';
import { chooseConnection } from '../intake/push-intake.js';
import { lingeringClose, type UploadGuard } from '../intake/upload-guard.js';
import type { ProviderAccounts } from '../provider/provider-accounts.js';
import {
  assertResourceSize,
  maxEscapedBytes,
  type ResourceRequest,
  receiveResource,
} from '../provider/provider-body.js';
import type { Asker, ResourceChecker } from '../provider/provider-checker.js';
import type { ProviderPage } from '../provider/provider-page.js';
import type { ProviderSources } from '../provider/provider-sources.js';
import { showSources } from '../provider/provider-sources-page.js';
import { answerAccepted } from './router.js';

/** The routes for resources that go to a provider: the page, its check, the list of sources, and the push. */
export function providerRouter(parts: {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly guard: UploadGuard;
  readonly intake: ProviderIntake;
  readonly accounts: ProviderAccounts;
  readonly sources: ProviderSources;
  readonly page: ProviderPage;
  readonly checker: ResourceChecker;
  readonly limits: RateLimits;
}): Router {
  const { guard, intake, accounts, page, checker, limits } = parts;
  const router = Router();

  router.get('/push/provider', async (req, res) => {
    await page.show(req, res);
    checker.prepareSoon();
  });
  router.get('/push/provider/sources', ...limits.uploads, (req, res) => showSources(parts.sources, req, res));
  router.post('/push/provider/check', ...limits.uploads, async (req, res) => {
    const asker = askerOf(req, res);
    const request = await guard.admitCheck(req, res, await connectedVisitor(parts.connections, req), () =>
      receiveResource(req, res, checker, asker),
    );
    if (wantsJson(req)) return check(checker, req, res, request, asker);
    await showChecked(checker, page, req, res, request, asker);
  });
  router.post('/push/provider', ...limits.uploads, async (req, res) => {
    const visitorId = await connectedVisitor(parts.connections, req);
    // Refused before the body is read, unless a person could lose what they wrote.
    if (visitorId === undefined && wantsJson(req)) {
      lingeringClose(req, res);
      throw new AppError('ConnectionNotFound');
    }
    const asker = askerOf(req, res);
    const read = () => receiveResource(req, res, checker, asker);
    // Nothing was stored yet: what comes in after its time-out is simply let go.
    const letGo = async () => {};
    const request = await (visitorId === undefined
      ? guard.admitCheck(req, res, visitorId, read)
      : guard.admit(req, res, visitorId, read, letGo, maxEscapedBytes));
    try {
      const { push, problems } = await intake.accept(req, visitorOf(req) ?? '', request, asker);
      answerAccepted(req, res, push, problems.length > 0 ? { warnings: problems } : {});
    } catch (error) {
      if (wantsJson(req) || !(error instanceof AppError) || request.text === undefined) throw error;
      await showRefused(checker, page, req, res, request, error, asker);
    }
  });
  router.post('/push/provider/account', ...limits.uploads, ...smallBody, async (req, res) => {
    const fields = fieldsOf(req);
    const connections = await parts.connections.listOf(visitorOf(req) ?? '');
    const connection = chooseConnection(connections, 'provider', oneString(fields.connection) ?? undefined);
    await accounts.choose(connection, oneString(fields.accountId) ?? undefined);
    const location = `/push/provider?connection=${encodeURIComponent(connection.id)}`;
    seeOther(req, res, location, { connection: connection.id, accountId: fields.accountId, location });
  });

  return router;
}

/** The visitor, where there is a connection to a provider: nobody else has a place for uploads. */
export async function connectedVisitor(
  connections: Pick<Connections, 'listOf'>,
  req: Request,
): Promise<string | undefined> {
  const visitorId = visitorOf(req);
  if (visitorId === undefined) return undefined;
  const own = await connections.listOf(visitorId);
  return own.some(({ type }) => type === 'provider') ? visitorId : undefined;
}

/** Whose check it is, and when its client has left. */
export function askerOf(req: Request, res: Response): Asker {
  const left = new AbortController();
  res.once('close', () => res.writableFinished || left.abort());
  return { visitor: visitorOf(req) ?? `nobody at ${req.ip}`, signal: left.signal };
}

async function check(
  checker: ResourceChecker,
  req: Request,
  res: Response,
  { text = '', format = false, repair }: ResourceRequest,
  asker: Asker,
): Promise<void> {
  assertResourceSize(text);
  const request = { text, language: languageOf(req), format, ...(repair && { repair }) };
  const { problems, verdict, formatted, repaired } = await checker.check(request, asker);
  res.json({
    problems,
    accepted: verdict === 'ready',
    verdict,
    ...(formatted !== undefined && { formatted }),
    ...(repaired && { repaired }),
  });
}

/** The form's buttons Check, Format, Fix it for me and Use this text, for browsers without scripts. */
async function showChecked(
  checker: ResourceChecker,
  page: ProviderPage,
  req: Request,
  res: Response,
  request: ResourceRequest,
  asker: Asker,
): Promise<void> {
  const { text = '', format = false, repair } = request;
  try {
    assertResourceSize(text);
    const asked = { text, language: languageOf(req), format, ...(repair && { repair }) };
    const { repaired, ...checked } = await checker.check(asked, asker);
    const isApplied = repair === 'apply' || repair === 'applyR4';
    const shown = (isApplied ? repaired?.text : checked.formatted) ?? text;
    const offered = !isApplied && repaired ? { repaired } : {};
    await page.show(req, res, { request: { ...request, text: shown }, checked: { ...checked, ...offered } });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await page.show(req, res, { request: { ...request, text }, refusal: error });
  }
}

/** The page once more, with the text and why it did not go; what the check found comes with its lines. */
async function showRefused(
  checker: ResourceChecker,
  page: ProviderPage,
  req: Request,
  res: Response,
  request: ResourceRequest,
  refusal: AppError,
  asker: Asker,
): Promise<void> {
  const isChecked = refusal.code === 'ProviderResourceInvalid';
  const check = () => checker.check({ text: request.text ?? '', language: languageOf(req) }, asker);
  // What broke the check once would break it again: then the refusal alone has to do.
  const checked = isChecked ? await check().catch(() => undefined) : undefined;
  await page.show(req, res, { request, refusal, ...(checked && { checked }) });
}
