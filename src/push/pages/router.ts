import { type Request, type Response, Router } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import {
  type EventStreams,
  oneString,
  type RateLimits,
  renderPage,
  seeOther,
  visitorOf,
  wantsJson,
} from '../../web/index.js';
import type { AttemptProgress } from '../delivery/attempt-progress.js';
import type { Dispatcher } from '../delivery/dispatcher.js';
import type { PlatformCircuit } from '../delivery/platform-circuit.js';
import type { LibraryIntake } from '../intake/library-intake.js';
import type { Ledger } from '../ledger/ledger.js';
import type { PayloadSweeper } from '../ledger/payload-sweeper.js';
import type { PushEvents } from '../ledger/push-events.js';
import type { PushRetention } from '../ledger/push-retention.js';
import type { Push } from '../push.js';
import { streamPushEvents } from './push-events-route.js';
import { type PushView, viewOf } from './push-view.js';
import { belongsToForm, showConnectCard, showUploadPage } from './upload-page.js';

const pageLength = 50;

/** The visitor of the session. @throws AppError ConnectionNotFound: without a session there is nothing to push to */
function requireVisitor(req: Request): string {
  const visitorId = visitorOf(req);
  if (visitorId === undefined) throw new AppError('ConnectionNotFound');
  return visitorId;
}

/** Answers that a push was taken in: `202` for scripts, with `more` where there is more to say, `303` to its page for browsers. */
export function answerAccepted(req: Request, res: Response, push: Push, more: object = {}): void {
  const self = `/pushes/${push.id}`;
  const body = {
    id: push.id,
    state: push.state === 'pushing' ? 'queued' : push.state,
    links: { self, events: `${self}/events` },
    ...more,
  };
  if (wantsJson(req)) res.status(202).location(self).json(body);
  else seeOther(req, res, self, body);
}

/** The routes of the push service for files; those for provider resources are in `provider-router.ts`. */
export function pushRouter(parts: {
  readonly connections: Pick<Connections, 'listOf' | 'get'>;
  readonly ledger: Ledger;
  readonly dispatcher: Pick<Dispatcher, 'announce'>;
  readonly circuit: Pick<PlatformCircuit, 'isAway'>;
  readonly events: PushEvents;
  readonly progress: AttemptProgress;
  readonly streams: EventStreams;
  readonly sweeper: Pick<PayloadSweeper, 'release'>;
  readonly retention: Pick<PushRetention, 'endOf'>;
  readonly intake: LibraryIntake;
  readonly maxUploadBytes: number;
  readonly retryBudgetMs: number;
  readonly limits: RateLimits;
}): Router {
  const { connections, ledger, dispatcher, events, streams, sweeper, intake, retryBudgetMs, limits } = parts;
  const router = Router();

  router.get('/push', async (req, res) => {
    const visitorId = visitorOf(req);
    if (visitorId === undefined && !wantsJson(req)) showConnectCard(req, res);
    else await showUploadPage(parts, req, res, requireVisitor(req));
  });

  router.post('/push/library', ...limits.uploads, async (req, res) => {
    const visitorId = requireVisitor(req);
    try {
      answerAccepted(req, res, await intake.accept(req, res, visitorId));
    } catch (error) {
      if (!belongsToForm(error) || wantsJson(req)) throw error;
      await showUploadPage(parts, req, res, visitorId, error);
    }
  });

  router.get('/pushes', async (req, res) => {
    const visitorId = visitorOf(req);
    const before = Number(oneString(req.query.before) ?? Number.NaN);
    const found =
      visitorId === undefined
        ? []
        : await ledger.list(visitorId, {
            limit: pageLength + 1,
            before: Number.isSafeInteger(before) ? before : undefined,
          });
    const mine = visitorId === undefined ? [] : await connections.listOf(visitorId);
    const pushes = found.slice(0, pageLength).map((push) =>
      viewOf(req, push, {
        keptUntil: parts.retention.endOf(push),
        connection: mine.find(({ id }) => id === push.connectionId),
      }),
    );
    const last = pushes.at(-1);
    const next = found.length > pageLength && last ? `/pushes?before=${last.createdAt}` : undefined;
    if (wantsJson(req)) res.json({ pushes, ...(next && { next }) });
    else renderPage(req, res, 'push/list', { pushes, ...(next && { next }) });
  });

  router.get('/pushes/:id', async (req, res) => {
    const push = await load(req, req.params.id, true);
    if (wantsJson(req)) res.json(push);
    else renderPage(req, res, 'push/show', { push });
  });

  router.get('/pushes/:id/events', async (req, res) => {
    const { id } = req.params;
    await load(req, id, false);
    await streamPushEvents(req, res, {
      streams,
      visitorId: visitorOf(req) ?? '',
      load: () =>
        load(req, id, true).catch((error) =>
          error instanceof AppError && error.code === 'NotFound' ? undefined : Promise.reject(error),
        ),
      watch: (changed) => events.watch(id, changed),
      ...(req.query.progress !== undefined && {
        watchProgress: (moved) => parts.progress.watch(id, moved),
      }),
    });
  });

  router.post('/pushes/:id/retry', async (req, res) => {
    const { id } = req.params;
    await ledger.retry(visitorOf(req) ?? '', id, retryBudgetMs);
    dispatcher.announce();
    await answerChanged(req, res, id);
  });

  router.post('/pushes/:id/cancel', async (req, res) => {
    const { id } = req.params;
    await ledger.cancel(visitorOf(req) ?? '', id);
    await sweeper.release(id);
    await answerChanged(req, res, id);
  });

  async function answerChanged(req: Request, res: Response, id: string): Promise<void> {
    events.changed(id);
    seeOther(req, res, `/pushes/${id}`, await load(req, id, true));
  }

  async function load(req: Request, id: string, withDetails: boolean): Promise<PushView> {
    const push = await ledger.find(visitorOf(req) ?? '', id);
    if (push === undefined) throw new AppError('NotFound');
    const connection = await connections.get(push.connectionId);
    const keptUntil = parts.retention.endOf(push);
    if (!withDetails) return viewOf(req, push, { keptUntil, connection });
    const [attempts, response] = await Promise.all([
      ledger.attemptsOf(id),
      push.type === 'provider' ? ledger.responseOf(id) : undefined,
    ]);
    return viewOf(req, push, {
      keptUntil,
      connection,
      attempts,
      response,
      platformIsAway: parts.circuit.isAway,
      progress: parts.progress.of(id),
    });
  }
  return router;
}
