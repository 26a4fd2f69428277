import { createMultipart } from './send-multipart.js';
import { createResumable } from './send-resumable.js';

/* A smaller one is through before a second request would have been worth it. */
const oneRequestBytes = 512 * 1024;
/* Something between the browser and the app does not let the methods of tus through. */
const notResumable = new Set([404, 405, 501]);
const longestWaitMs = 10_000;

/*
 * Sends one file with its description, and goes on sending through every break of the network until it has arrived,
 * is refused or is cancelled. Tells `onProgress({ sent, total, msLeft })` how far it is, `onWaiting(error?)` when it
 * waits to try again, and `onUrl(address)` where a resumable upload is. `done` becomes `{ push }`,
 * `{ error: { code, message, details? } }` or `{ cancelled: true }`; it never rejects.
 */
export function sendFile(sending, { onProgress, onWaiting, onUrl, stallMs }) {
  const { file } = sending;
  let finish;
  const done = new Promise((resolve) => {
    finish = resolve;
  });
  let isOver = false;
  let carrier;
  let timer;
  let fails = 0;
  let movedAt = 0;
  let begun;

  function moved(sent) {
    const now = performance.now();
    movedAt = now;
    fails = 0;
    begun ??= { at: now, sent };
    const msLeft = ((now - begun.at) / Math.max(1, sent - begun.sent)) * (file.size - sent);
    onProgress({ sent, total: file.size, msLeft });
  }

  /* A connection that says nothing any more is given up; whatever arrived is not sent again. */
  const watch = setInterval(() => {
    if (movedAt > 0 && performance.now() - movedAt > stallMs) carrier?.stop();
  }, 1000);

  function end(outcome) {
    isOver = true;
    clearInterval(watch);
    clearTimeout(timer);
    window.removeEventListener('online', again);
    window.removeEventListener('offline', stop);
    finish(outcome);
  }
  const stop = () => carrier?.stop();

  async function attempt() {
    timer = undefined;
    carrier ??=
      !sending.endpoint || (file.size <= oneRequestBytes && !sending.uploadUrl)
        ? createMultipart(sending, moved)
        : await createResumable(sending, moved, onUrl).catch(() => createMultipart(sending, moved));
    if (isOver) return;
    movedAt = performance.now();
    begun = undefined;
    const outcome = await carrier.attempt();
    movedAt = 0;
    if (isOver) return;
    if (
      carrier.isResumable &&
      outcome.error?.code !== 'ConnectionNotFound' &&
      notResumable.has(outcome.status)
    ) {
      carrier = createMultipart(sending, moved);
      return attempt();
    }
    if (outcome.push || !outcome.isTemporary) return end(outcome);
    onWaiting(outcome.error?.message ? outcome.error : undefined);
    const waitMs = outcome.retryAfterMs ?? Math.min(longestWaitMs, 500 * 2 ** fails);
    fails += 1;
    timer = setTimeout(attempt, waitMs);
  }
  function again() {
    if (timer === undefined) return;
    clearTimeout(timer);
    attempt();
  }

  window.addEventListener('online', again);
  window.addEventListener('offline', stop);
  attempt();
  return {
    done,
    /* Tries at once where it waits. */
    again,
    cancel() {
      end({ cancelled: true });
      carrier?.stop();
      carrier?.discard();
    },
  };
}
