import { Router } from 'express';
import { AppError } from '../../errors.js';
import {
  ensureVisitor,
  fieldsOf,
  oneString,
  renderPage,
  seeOther,
  smallBody,
  visitorOf,
  wantsJson,
} from '../../web/index.js';
import { type PushTarget, pushFailures } from './fault-store.js';
import type { VisitorFaults } from './visitor-faults.js';

const outageSeconds = 60;

type Flip = (faults: VisitorFaults, visitorId: string, target: PushTarget) => Promise<void>;

/** What the form's field `switch` may say, and what it does. */
const switches = new Map<unknown, Flip>([
  ...pushFailures.map((how): [string, Flip] => [
    how,
    (faults, visitorId, target) => faults.failNextPush(visitorId, how, target),
  ]),
  ['expire-access', (faults, visitorId) => faults.expireTokens(visitorId, 'access')],
  ['expire-refresh', (faults, visitorId) => faults.expireTokens(visitorId, 'refresh')],
  ['down', (faults, visitorId) => faults.takeDown(visitorId, outageSeconds)],
  ['restore', (faults, visitorId) => faults.restore(visitorId)],
]);

/** `GET` and `POST /what-if`: what this visitor lets go wrong. In live mode there is nothing of it, and neither are the routes. */
export function whatIfRouter(faults: VisitorFaults | undefined, now: () => number): Router {
  const router = Router();
  if (faults === undefined) return router;

  router.get('/what-if', async (req, res) => {
    const state = await faults.state(visitorOf(req) ?? '');
    if (wantsJson(req)) return void res.json(state);
    const done = oneString(req.query.done);
    renderPage(req, res, 'inspector/what-if', {
      state,
      ...(req.query.target === 'provider' && { target: 'provider' }),
      ...(switches.has(done) && { done }),
    });
  });

  router.post('/what-if', ...smallBody, async (req, res) => {
    const { switch: name, target = 'library' } = fieldsOf(req);
    const flip = switches.get(name);
    const isTarget = target === 'library' || target === 'provider';
    if (flip === undefined || !isTarget)
      throw new AppError('InvalidRequest', {
        details: [{ path: isTarget ? 'switch' : 'target', message: 'what-if:problem' }],
      });
    const visitorId = ensureVisitor(req, now());
    await flip(faults, visitorId, target);
    const onward = target === 'provider' ? '&target=provider' : '';
    seeOther(req, res, `/what-if?done=${name}${onward}`, await faults.state(visitorId));
  });
  return router;
}
