import { type Request, type Response, Router } from 'express';
import type { RetentionSettings } from '../config/index.js';
import { type ConnectionCalls, type Connections, connectionView } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { Recorder } from '../inspector/index.js';
import type { PushService } from '../push/index.js';
import {
  describeError,
  endSession,
  fieldsOf,
  inSession,
  languageOf,
  oneString,
  renderPage,
  seeOther,
  smallBody,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import { cancelWaiting, dropConnection } from './leave-connection.js';
import { deleteUserAtDigime } from './leave-digime.js';

const inDays = (ms: number) => Math.round(ms / 86_400_000);

const isSet = (value: unknown) => value === true || ['true', 'on', '1'].includes(String(value));

const named = (pushes: readonly { id: string; fileName: string; state: string }[]) =>
  pushes.map(({ id, fileName, state }) => ({ id, fileName, state }));

export interface LeaveRouterOptions {
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly sdk: DigiMe;
  readonly pushes: Pick<PushService, 'ledger' | 'sweeper' | 'events' | 'spool'>;
  readonly recorder: Recorder;
  readonly retention: RetentionSettings;
  /** Told of each connection that is gone, for whoever keeps something about it in memory. */
  onDisconnected(connectionId: string): void;
  /** Makes what was deleted unreadable on the disk as well. */
  eraseFreed(): Promise<void>;
}

/** `POST /disconnect` and `GET`, `POST /forget`. */
export function leaveRouter(options: LeaveRouterOptions): Router {
  const router = Router();
  const { waitingMs, historyMs, connectionMs } = options.retention;
  const days = { waiting: inDays(waitingMs), history: inDays(historyMs), connection: inDays(connectionMs) };
  const { connections, calls, sdk, pushes, recorder, onDisconnected, eraseFreed } = options;

  router.post('/disconnect', ...smallBody, async (req, res) => {
    const visitorId = visitorOf(req) ?? '';
    const fields = fieldsOf(req);
    const connection = await connections.find(visitorId, oneString(fields.connection) ?? '');
    if (connection === undefined) throw new AppError('ConnectionNotFound');
    const waiting = await pushes.ledger.waiting(visitorId, connection.id);
    // A script says what it means by asking; a person is told first what would not be sent any more.
    if (waiting.length > 0 && !wantsJson(req) && !isSet(fields.confirm)) {
      const view = connectionView(translator(languageOf(req)), connection);
      return renderPage(req, res, 'onboarding/disconnect', { connection: view, waiting: named(waiting) });
    }
    const { cancelled, underWay } = await dropConnection(connections, pushes, connection);
    onDisconnected(connection.id);
    seeOther(req, res, '/', {
      disconnected: connection.id,
      cancelled: named(cancelled),
      underWay: named(underWay),
    });
  });

  router.get('/forget', async (req, res) => {
    const waiting = named(await pushes.ledger.waiting(visitorOf(req) ?? ''));
    if (wantsJson(req)) res.json({ waiting });
    else renderPage(req, res, 'onboarding/forget', { waiting, retention: days });
  });

  router.post('/forget', ...smallBody, async (req, res) => {
    const visitorId = visitorOf(req);
    if (visitorId !== undefined) {
      const atDigime = isSet(fieldsOf(req).deleteAtDigime);
      // A callback of the same session that comes in now must not make a connection behind our back.
      const refusal = await inSession(req, () => forget(req, visitorId, atDigime));
      if (refusal !== undefined) return showRefusal(req, res, visitorId, refusal);
    }
    forgetCookie(req, res);
    if (wantsJson(req)) res.json({ forgotten: true });
    else renderPage(req, res, 'onboarding/forgotten', { atDigime: isSet(fieldsOf(req).deleteAtDigime) });
  });

  async function forget(req: Request, visitorId: string, atDigime: boolean): Promise<AppError | undefined> {
    const all = await connections.listOf(visitorId);
    if (atDigime) {
      try {
        await deleteUserAtDigime(sdk, calls, all);
      } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
      }
    }
    await removeTraces(visitorId);
    await endSession(req);
    // A callback that another process was answering meanwhile may have left a connection behind.
    await removeTraces(visitorId);
    for (const { id } of all) onDisconnected(id);
    await eraseFreed();
    return undefined;
  }

  async function removeTraces(visitorId: string): Promise<void> {
    await connections.removeAllOf(visitorId);
    await cancelWaiting(pushes, visitorId);
    for (const spoolName of await pushes.ledger.forget(visitorId)) await pushes.spool.discard(spoolName);
    await recorder.clear(visitorId);
  }

  /** Nothing here was deleted, because digi.me did not do its part; the person decides whether to forget only here. */
  async function showRefusal(
    req: Request,
    res: Response,
    visitorId: string,
    refusal: AppError,
  ): Promise<void> {
    if (wantsJson(req)) throw refusal;
    const { message } = describeError(req, refusal);
    const waiting = named(await pushes.ledger.waiting(visitorId));
    const { code, reference } = refusal.platform ?? {};
    const model = { waiting, retention: days, refusal: { message, code: code ?? refusal.code, reference } };
    renderPage(req, res, 'onboarding/forget', model, { status: refusal.status });
  }
  return router;
}

/** The browser gives up its cookie as well; its name depends on the address, so what was sent is what is cleared. */
function forgetCookie(req: Request, res: Response): void {
  for (const name of ['digime-push', '__Host-digime-push'])
    if (req.headers.cookie?.includes(`${name}=`))
      res.clearCookie(name, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: name.startsWith('__Host-'),
      });
}
