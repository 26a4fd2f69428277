import type { Request, Response } from 'express';
import { finalStates } from '../push.js';
import type { PushView } from './push-view.js';

/** Another process may do the work, and a proxy may end a silent connection. */
const lookAgainMs = 2000;

/**
 * Server-sent events (WHATWG HTML §9.2): an event `state` with the view of the push at once and after each change; ends
 * when the state is final.
 * @param load gives the view as it is now, `undefined` when the push is gone
 * @param watch calls back on a change and when the process stops, and returns how to end that
 */
export async function streamPushEvents(
  req: Request,
  res: Response,
  load: () => Promise<PushView | undefined>,
  watch: (changed: () => void, ended: () => void) => () => void,
): Promise<void> {
  res.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'X-Accel-Buffering': 'no',
    Connection: 'keep-alive',
  });
  res.flushHeaders();
  let last = '';
  let looking: Promise<void> | undefined;
  let lookAgain = false;

  const look = async () => {
    const view = await load();
    if (res.writableEnded) return;
    if (view === undefined) return end();
    const data = JSON.stringify(view);
    if (data !== last) res.write(`event: state\nid: ${view.updatedAt}\ndata: ${data}\n\n`);
    else res.write(': still here\n\n');
    last = data;
    if (finalStates.some((state) => state === view.state)) end();
  };
  // One look at a time, so that an older state is never sent after a newer one.
  const changed = () => {
    if (looking !== undefined) {
      lookAgain = true;
      return;
    }
    looking = look()
      .catch(() => end())
      .finally(() => {
        looking = undefined;
        if (lookAgain && !res.writableEnded) {
          lookAgain = false;
          changed();
        }
      });
  };
  const timer = setInterval(changed, lookAgainMs);
  let unwatch = () => {};
  function end(): void {
    clearInterval(timer);
    unwatch();
    res.end();
  }
  unwatch = watch(changed, end);
  req.once('close', end);
  res.once('close', end);
  changed();
}
