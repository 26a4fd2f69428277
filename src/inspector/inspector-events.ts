import type { Request, Response } from 'express';
import type { EventStreams, Translate } from '../web/index.js';
import type { Recorder } from './recorder.js';
import { viewOf } from './step-view.js';

/**
 * Server-sent events of one visitor's inspector. `sync` with `{ journey, count }` at once and whenever numbering begins
 * anew, so that a page that was away can tell what it missed; `step` with the view of each new step. Ends with the process.
 * @throws AppError TooManyRequests, ShuttingDown
 */
export function streamSteps(
  req: Request,
  res: Response,
  { recorder, streams }: { readonly recorder: Recorder; readonly streams: EventStreams },
  visitorId: string,
  t: Translate,
): void {
  const ends: (() => void)[] = [];
  const stream = streams.open(req, res, visitorId, () => {
    for (const end of ends.splice(0)) end();
  });
  if (!stream.isOpen) return;
  const sync = () => {
    const { id, count } = recorder.journeyOf(visitorId);
    stream.send('sync', { journey: id, count });
  };
  ends.push(
    recorder.subscribe(visitorId, {
      onStep: (step) => stream.send('step', viewOf(step, t)),
      onNewJourney: sync,
      onClose: () => stream.end(),
    }),
  );
  sync();
}
