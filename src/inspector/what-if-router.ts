import express, { type Request, Router } from 'express';
import { AppError } from '../errors.js';
import { oneString, renderPage, seeOther, wantsJson } from '../web/index.js';
import { type PushFailure, pushFailures, type SandboxSwitches } from './sandbox-switches.js';

const outageSeconds = 60;

/** What the form's field `switch` may say, and what it does. */
const switches: Record<string, (sandbox: SandboxSwitches) => Promise<void>> = {
  ...Object.fromEntries(
    pushFailures.map((how: PushFailure) => [how, (sandbox: SandboxSwitches) => sandbox.failNextPush(how)]),
  ),
  'expire-access': (sandbox) => sandbox.expireTokens('access'),
  'expire-refresh': (sandbox) => sandbox.expireTokens('refresh'),
  down: (sandbox) => sandbox.takeDown(outageSeconds),
  restore: (sandbox) => sandbox.restore(),
};

/** `GET` and `POST /what-if`: the sandbox's switches. In live mode there are none, and neither are the routes. */
export function whatIfRouter(sandbox: SandboxSwitches | undefined): Router {
  const router = Router();
  if (sandbox === undefined) return router;

  router.get('/what-if', async (req, res) => {
    const state = await sandbox.state();
    if (wantsJson(req)) return void res.json(state);
    const done = oneString(req.query.done);
    renderPage(req, res, 'inspector/what-if', {
      state,
      outageSeconds,
      ...(done && Object.hasOwn(switches, done) && { done }),
    });
  });

  router.post(
    '/what-if',
    express.urlencoded({ extended: false, limit: '1kb', parameterLimit: 5 }),
    express.json({ limit: '1kb' }),
    async (req, res) => {
      const name = nameIn(req);
      const flip = Object.hasOwn(switches, name) ? switches[name] : undefined;
      if (flip === undefined)
        throw new AppError('InvalidRequest', { details: [{ path: 'switch', message: 'what-if:problem' }] });
      await flip(sandbox);
      seeOther(req, res, `/what-if?done=${name}`, await sandbox.state());
    },
  );
  return router;
}

function nameIn(req: Request): string {
  const body: unknown = req.body;
  const name = typeof body === 'object' && body !== null ? (body as { switch?: unknown }).switch : undefined;
  return typeof name === 'string' ? name : '';
}
