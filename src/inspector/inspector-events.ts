import type { Request, Response } from 'express';
import type { Translate } from '../web/index.js';
import type { Recorder } from './recorder.js';
import { viewOf } from './step-view.js';

/** Proxies end connections that are silent for a minute. */
const heartbeatMs = 20_000;

/**
 * Server-sent events (WHATWG HTML §9.2). `sync` with `{ journey, count }` at once and whenever numbering begins anew, so
 * that a page that was away can tell what it missed; `step` with the view of each new step. Ends with the process.
 */
export function streamSteps(
  req: Request,
  res: Response,
  recorder: Recorder,
  visitorId: string,
  t: Translate,
): void {
  res.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  res.flushHeaders();
  const sync = () => {
    const { id, count } = recorder.journeyOf(visitorId);
    res.write(`event: sync\ndata: ${JSON.stringify({ journey: id, count })}\n\n`);
  };
  const unsubscribe = recorder.subscribe(visitorId, {
    onStep: (step) => res.write(`event: step\ndata: ${JSON.stringify(viewOf(step, t))}\n\n`),
    onNewJourney: sync,
    onClose: () => res.end(),
  });
  const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs);
  heartbeat.unref();
  req.once('close', stop);
  res.once('close', stop);
  sync();

  function stop(): void {
    clearInterval(heartbeat);
    unsubscribe();
  }
}
