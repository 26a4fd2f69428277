/** The outcome of a promise that others share, or `onAbort()` thrown as soon as the signal ends the waiting. */
export function untilAborted<Value>(
  shared: Promise<Value>,
  signal: AbortSignal | undefined,
  onAbort: () => Error,
): Promise<Value> {
  if (!signal) return shared;
  return new Promise<Value>((resolve, reject) => {
    const abort = () => reject(onAbort());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
