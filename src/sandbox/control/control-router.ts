import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { SandboxCredentials } from '../credentials.js';
import { parseWith, readJson } from '../read-json.js';
import { Refusal } from '../refusal.js';
import type { SandboxControl } from './control.js';
import type { FaultRequest } from './faults.js';
import { localOnly } from './local-only.js';

const callbackShape = z.strictObject({ redirectUri: z.string() });
const clockShape = z.strictObject({ advanceSeconds: z.number() });

/** The control routes under `/sandbox/` (interface.md, "The sandbox"): JSON, for this machine only; `/library` is a page too. */
export function controlRouter(
  control: SandboxControl,
  credentials: () => SandboxCredentials,
  showLibrary: (request: Request, response: Response) => Promise<void>,
): Express {
  // An app of its own, so that people who follow the links get JSON they can read.
  const router = express().disable('x-powered-by').disable('etag').set('json spaces', 2);
  router.use(localOnly);
  const read = (request: Request) => readJson(request);

  router.get('/credentials', (_request, response) => void response.json(credentials()));
  router.get('/faults', (_request, response) => void response.json(control.faults()));
  router.post('/faults', async (request, response) => {
    // `addFault` checks the shape itself: a method can be handed anything as well.
    response.status(201).json(control.addFault((await read(request)) as FaultRequest));
  });
  router.delete('/faults', (_request, response) => void response.json(control.clearFaults()));
  router.get('/clock', (_request, response) => void response.json(control.clock()));
  router.post('/clock', async (request, response) => {
    const { advanceSeconds } = parseWith(clockShape, await read(request), '');
    response.json(control.advanceClock(advanceSeconds));
  });
  router.get('/requests', (_request, response) => void response.json(control.requests()));
  router.delete('/requests', (_request, response) => void response.json(control.clearRequests()));
  router.get('/callbacks', (_request, response) => void response.json(control.callbacks()));
  router.post('/callbacks', async (request, response) => {
    const { redirectUri } = parseWith(callbackShape, await read(request), '');
    response.status(201).json(control.addCallback(redirectUri));
  });
  router.get('/library', async (request, response) => {
    // Whoever does not say that they want a page gets JSON, as ever: scripts ask for anything.
    if (request.accepts(['json', 'html']) === 'html') await showLibrary(request, response);
    else response.json(control.library());
  });
  router.get('/provider', (_request, response) => void response.json(control.provider()));
  router.use(((error: unknown, _request, response, next) => {
    if (error instanceof Refusal) response.status(error.status).json(error.body());
    else next(error);
  }) satisfies ErrorRequestHandler);
  return router;
}
