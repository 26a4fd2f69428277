const finalStates = new Set(['delivered', 'failed', 'cancelled']);
const pollEveryMs = 3000;
/* An open stream that says nothing may be one that something on the way holds back. */
const lookAnywayMs = 10_000;

/*
 * Calls `onState` with the push each time its state changes, until it is final: by server-sent events, or by asking
 * again and again where those do not get through; `onGone` when there is no such push any more; `onProgress` with
 * `{ sentBytes, totalBytes }` while an attempt moves. Gives a function that stops it.
 */
export function followPush(links, onState, onGone = () => {}, onProgress = undefined) {
  let stopped = false;
  let timer;
  const source = new EventSource(onProgress ? `${links.events}?progress` : links.events);

  const stop = () => {
    stopped = true;
    source.close();
    clearTimeout(timer);
  };
  const take = (push) => {
    if (stopped) return;
    if (finalStates.has(push.state)) stop();
    onState(push);
  };
  const pollIn = (ms) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(poll, ms);
  };
  async function poll() {
    try {
      const answer = await fetch(links.self, { headers: { Accept: 'application/json' } });
      if (stopped) return;
      if (answer.status === 404) {
        stop();
        return onGone();
      }
      const body = await answer.json();
      if (answer.ok) take(body.push ?? body);
    } catch {
      // The network is away; the next round asks again.
    }
    pollIn(source.readyState === EventSource.CLOSED ? pollEveryMs : lookAnywayMs);
  }

  source.addEventListener('state', (event) => {
    pollIn(lookAnywayMs);
    take(JSON.parse(event.data));
  });
  if (onProgress) source.addEventListener('progress', (event) => onProgress(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    // While it says CONNECTING the browser tries again by itself; CLOSED means that it has given up.
    if (source.readyState === EventSource.CLOSED) pollIn(0);
  });
  pollIn(lookAnywayMs);
  return stop;
}
