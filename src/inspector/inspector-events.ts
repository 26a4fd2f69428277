import type { Request, Response } from 'express';
import type { EventStreams, Translate } from '../web/index.js';
import type { Recorder } from './recorder.js';
import { viewOf } from './step-view.js';

/**
 * Server-sent events of one visitor's inspector. `sync` with `{ journey, count }` at once and whenever numbering begins
 * anew, so that a page that was away can tell what it missed; `step` with the view of each new step. Ends with the process.
 * @throws AppError TooManyRequests, ShuttingDown
 */
export async function streamSteps(
  req: Request,
  res: Response,
  { recorder, streams }: { readonly recorder: Recorder; readonly streams: EventStreams },
  visitorId: string,
  t: Translate,
): Promise<void> {
  const ends: (() => void)[] = [];
  const stream = await streams.open(req, res, visitorId, () => {
    for (const end of ends.splice(0)) end();
  });
  if (!stream.isOpen) return;
  const head = await recorder.headOf(visitorId).catch(() => undefined);
  // A page that is told nothing comes again.
  if (head === undefined) return stream.end();
  if (!stream.isOpen) return;
  stream.send('sync', { journey: head.id, count: head.count });
  ends.push(
    recorder.subscribe(visitorId, head, {
      onStep: (step) => stream.send('step', viewOf(step, t)),
      onNewJourney: ({ id, count }) => stream.send('sync', { journey: id, count }),
      onClose: () => stream.end(),
    }),
  );
}
