import express, { type Request, Router } from 'express';
import { AppError } from '../errors.js';
import { type Recorder, rowsOf, topicOf } from '../inspector/index.js';
import {
  type EventStreams,
  ensureVisitor,
  fieldsOf,
  languageOf,
  oneLookAtATime,
  renderPage,
  seeOther,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import type { HeldCall } from './call-gate.js';
import { readEdits } from './edit-request.js';
import { viewHeld } from './held-view.js';
import type { StudioCalls, ViewOf } from './studio-calls.js';

export interface StudioOptions {
  readonly calls: StudioCalls;
  readonly recorder: Recorder;
  readonly streams: EventStreams;
  /** Where the person is sent to allow something. */
  readonly onboardUrl: string;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * The two addresses, where a browser takes them for different sites: it then keeps the session's cookie (`SameSite=Lax`)
 * from a frame that comes back from there. Ports don't matter, and neither do names below one another.
 */
function apartFrom(req: Request, onboardUrl: string): { app: string; sandbox: string } | undefined {
  const app = new URL(`${req.protocol}://${req.get('host')}`);
  const sandbox = new URL(onboardUrl);
  const isNumber = [app, sandbox].some(({ hostname }) => /^[\d.]+$|^\[/.test(hostname));
  const within = (one: string, other: string) => other.includes('.') && one.endsWith(`.${other}`);
  const siblings = (one: string, other: string) => {
    const parent = one.slice(one.indexOf('.') + 1);
    return parent.includes('.') && other.endsWith(`.${parent}`);
  };
  const [one, other] = [app.hostname, sandbox.hostname];
  const isSameSite =
    one === other || (!isNumber && (within(one, other) || within(other, one) || siblings(one, other)));
  return isSameSite && app.protocol === sandbox.protocol
    ? undefined
    : { app: app.origin, sandbox: sandbox.origin };
}

const shownSteps = 60;
/** A body of 32 KiB, every byte of it escaped, and the other fields. */
const formBody = [
  express.urlencoded({ extended: false, limit: '256kb', parameterLimit: 100 }),
  express.json({ limit: '128kb' }),
];

/**
 * `GET /studio` and what belongs to it: the person's pages in a frame, the wire beside them, and calls that are held until
 * the visitor has looked at them. Only where the platform is a sandbox: there is no such router in live mode.
 */
export function studioRouter({ calls, recorder, streams, onboardUrl, now }: StudioOptions): Router {
  const router = Router();
  router.get('/studio', async (req, res) => {
    // The phone shows the studio's own pages too, once: not a studio in a studio.
    if (req.get('sec-fetch-dest') === 'iframe') return res.redirect(303, '/');
    const visitorId = ensureVisitor(req, now());
    const { id, steps, count } = await recorder.journeyOf(visitorId);
    if (wantsJson(req))
      return void res.json({
        isPausing: await calls.isPausing(visitorId),
        held: await calls.heldOf(visitorId),
      });
    const first = Math.max(0, steps.length - shownSteps);
    renderPage(req, res, 'studio/show', {
      journey: { id, count, hidden: first },
      rows: rowsOf(steps, first, translator(languageOf(req))),
      isPausing: await calls.isPausing(visitorId),
      held: await calls.heldOf(visitorId),
      apart: apartFrom(req, onboardUrl),
    });
  });

  router.get('/studio/held', async (req, res) => {
    renderPage(req, res, 'studio/held', { held: await calls.heldOf(visitorIn(req)) });
  });

  router.get('/studio/events', async (req, res) => {
    const visitorId = visitorOf(req);
    // 204 tells an EventSource not to come back (WHATWG HTML §9.2.3).
    if (visitorId === undefined) return void res.sendStatus(204);
    const ends: (() => void)[] = [];
    const stream = await streams.open(req, res, visitorId, () => {
      for (const end of ends.splice(0)) end();
    });
    if (!stream.isOpen) return;
    let { id, count } = await recorder.headOf(visitorId);
    let last = '';
    const look = async () => {
      const held = (await calls.heldOf(visitorId)).map((call) => `${call.id} ${call.round}`);
      const state = { journey: id, count, held, isPausing: await calls.isPausing(visitorId) };
      if (JSON.stringify(state) === last) return;
      last = JSON.stringify(state);
      stream.send('state', state);
    };
    const tell = oneLookAtATime(stream, look);
    const unwatch = await calls.watch(visitorId, tell);
    if (!stream.isOpen) return unwatch();
    ends.push(
      unwatch,
      recorder.subscribe(
        visitorId,
        { id, count },
        {
          onStep: (step) => {
            count = step.number;
            tell();
          },
          onNewJourney: (head) => {
            ({ id, count } = head);
            tell();
          },
          onClose: () => stream.end(),
        },
      ),
    );
    tell();
  });

  router.post('/studio/pause', ...formBody, async (req, res) => {
    const { on } = fieldsOf(req);
    if (on !== 'yes' && on !== 'no')
      throw new AppError('InvalidRequest', { details: [{ path: 'on', message: 'studio:problem.pause' }] });
    await calls.setPausing(visitorIn(req), on === 'yes');
    seeOther(req, res, '/studio', { isPausing: await calls.isPausing(visitorIn(req)) });
  });

  router.post('/studio/restart', async (req, res) => {
    const visitorId = visitorIn(req);
    await calls.setPausing(visitorId, false);
    await calls.setPausing(visitorId, true);
    await recorder.clear(visitorId);
    seeOther(req, res, '/studio', { restarted: true });
  });

  router.post('/studio/calls/:id', ...formBody, async (req, res) => {
    const visitorId = visitorIn(req);
    const held = (await calls.heldOf(visitorId)).find(({ id }) => id === req.params.id);
    if (held === undefined) throw new AppError('NotFound');
    const fields = fieldsOf(req);
    if (fields.action === 'pass' || fields.action === 'withhold') {
      await calls.decide(visitorId, held.id, fields.action);
    } else if (fields.action === 'send' || fields.action === 'continue') {
      const { patch, problems } = readEdits(held.request, fields, held.shownBody);
      if (problems.length > 0) throw new AppError('InvalidRequest', { details: problems });
      const isHeld = await calls.decide(visitorId, held.id, {
        send: Object.keys(patch).length > 0 ? patch : undefined,
      });
      if (!isHeld) throw new AppError('NotFound');
      if (fields.action === 'continue') await calls.setPausing(visitorId, false);
    } else {
      throw new AppError('InvalidRequest', {
        details: [{ path: 'action', message: 'studio:problem.action' }],
      });
    }
    seeOther(req, res, '/studio', { done: fields.action });
  });
  return router;
}

function visitorIn(req: Request): string {
  const visitorId = visitorOf(req);
  if (visitorId === undefined) throw new AppError('NotFound');
  return visitorId;
}

const asked = ({ request: { call, shown } }: HeldCall) => ({ call, request: shown });

/** How held calls are shown, with what the visitor's journey knows. */
export const heldViews =
  (recorder: () => Recorder): ViewOf =>
  async (visitorId, held) =>
    viewHeld(held, topicOf(asked(held)), await usedNonce(recorder(), visitorId, held));

/** The nonce of the newest request of the same contract, to try what happens when it comes again. */
async function usedNonce(
  recorder: Recorder,
  visitorId: string,
  { request }: HeldCall,
): Promise<string | undefined> {
  const { steps } = await recorder.journeyOf(visitorId);
  const last = steps.findLast(
    (step) =>
      step.kind === 'exchange' && step.exchange.request.claims?.client_id === request.shown.claims?.client_id,
  );
  const nonce = last?.kind === 'exchange' ? last.exchange.request.claims?.nonce : undefined;
  return typeof nonce === 'string' ? nonce : undefined;
}
