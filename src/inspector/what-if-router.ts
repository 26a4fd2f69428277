import express, { type Request, Router } from 'express';
import { AppError } from '../errors.js';
import { oneString, renderPage, seeOther, wantsJson } from '../web/index.js';
import { type PushFailure, type PushTarget, pushFailures, type SandboxSwitches } from './sandbox-switches.js';

const outageSeconds = 60;

type Flip = (sandbox: SandboxSwitches, target: PushTarget) => Promise<void>;

/** What the form's field `switch` may say, and what it does. */
const switches: Record<string, Flip> = {
  ...Object.fromEntries(
    pushFailures.map((how: PushFailure): [string, Flip] => [
      how,
      (sandbox, target) => sandbox.failNextPush(how, target),
    ]),
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
      ...(req.query.target === 'provider' && { target: 'provider' }),
      ...(done && Object.hasOwn(switches, done) && { done }),
    });
  });

  router.post(
    '/what-if',
    express.urlencoded({ extended: false, limit: '1kb', parameterLimit: 5 }),
    express.json({ limit: '1kb' }),
    async (req, res) => {
      const name = fieldIn(req, 'switch') ?? '';
      const target = fieldIn(req, 'target') ?? 'library';
      const flip = Object.hasOwn(switches, name) ? switches[name] : undefined;
      const isTarget = target === 'library' || target === 'provider';
      if (flip === undefined || !isTarget)
        throw new AppError('InvalidRequest', {
          details: [{ path: isTarget ? 'switch' : 'target', message: 'what-if:problem' }],
        });
      await flip(sandbox, target);
      seeOther(
        req,
        res,
        `/what-if?done=${name}${target === 'provider' ? '&target=provider' : ''}`,
        await sandbox.state(),
      );
    },
  );
  return router;
}

function fieldIn(req: Request, name: string): string | undefined {
  const body: unknown = req.body;
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return value === undefined ? undefined : String(value);
}
