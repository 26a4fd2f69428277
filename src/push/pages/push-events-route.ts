import type { Request, Response } from 'express';
import { type EventStreams, oneLookAtATime } from '../../web/index.js';
import type { Progress } from '../delivery/attempt-progress.js';
import { finalStates } from '../push.js';
import type { PushView } from './push-view.js';

/**
 * Server-sent events (WHATWG HTML §9.2): an event `state` with the view of the push at once and after each change; ends
 * when the state is final. Where progress is watched, events `progress` with the bytes sent so far come in between.
 * @param load gives the view as it is now, `undefined` when the push is gone
 * @param watch calls back on a change, and returns how to end that
 * @throws AppError as `EventStreams.open`
 */
export async function streamPushEvents(
  req: Request,
  res: Response,
  options: {
    readonly streams: EventStreams;
    readonly visitorId: string;
    load(): Promise<PushView | undefined>;
    watch(changed: () => void): () => void;
    watchProgress?: ((moved: (progress: Progress) => void) => () => void) | undefined;
  },
): Promise<void> {
  const { load, watch } = options;
  const watches: (() => void)[] = [];
  const stream = await options.streams.open(req, res, options.visitorId, () => {
    for (const unwatch of watches) unwatch();
  });
  if (!stream.isOpen) return;
  let last = '';
  const look = async () => {
    const view = await load();
    if (view === undefined) return stream.end();
    const text = JSON.stringify(view);
    if (text !== last) stream.send('state', view, view.updatedAt);
    last = text;
    if (finalStates.some((state) => state === view.state)) stream.end();
  };
  const changed = oneLookAtATime(stream, look);
  watches.push(watch(changed));
  const { watchProgress } = options;
  if (watchProgress) watches.push(watchProgress((progress) => stream.send('progress', progress)));
  changed();
}
