const finalStates = new Set(['delivered', 'failed', 'cancelled']);
const pollEveryMs = 3000;

/*
 * Calls `onState` with the push each time its state changes, until it is final: by server-sent events, or by asking
 * again and again where those do not get through. Gives a function that stops it.
 */
export function followPush(links, onState) {
  let stopped = false;
  let timer;
  const source = new EventSource(links.events);

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
  const poll = async () => {
    if (stopped) return;
    try {
      const answer = await fetch(links.self, { headers: { Accept: 'application/json' } });
      if (answer.status === 404) return stop();
      const body = await answer.json();
      if (answer.ok) take(body.push ?? body);
    } catch {
      // The network is away; the next round asks again.
    }
    if (!stopped) timer = setTimeout(poll, pollEveryMs);
  };

  source.addEventListener('state', (event) => take(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    // While it says CONNECTING the browser tries again by itself; CLOSED means that it has given up.
    if (source.readyState === EventSource.CLOSED) poll();
  });
  return stop;
}
