/*
 * Sends one file with its description. Calls `onProgress({ sent, total, msLeft })` meanwhile.
 * `done` becomes `{ push }`, `{ error: { code, message, details? } }`, `{ dead: true }` when the network failed,
 * or `{ cancelled: true }`; it never rejects. XMLHttpRequest, because fetch does not tell how far an upload is.
 */
export function sendFile({ action, key, connection, fileMeta, file }, onProgress) {
  const body = new FormData();
  body.append('connection', connection);
  body.append('idempotencyKey', key);
  body.append('fileMeta', fileMeta);
  body.append('file', file);

  const request = new XMLHttpRequest();
  const startedAt = performance.now();
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    const passedMs = performance.now() - startedAt;
    onProgress({ sent: loaded, total, msLeft: (passedMs / loaded) * (total - loaded) });
  });
  const done = new Promise((resolve) => {
    request.addEventListener('load', () => resolve(answerOf(request)));
    request.addEventListener('error', () => resolve({ dead: true }));
    request.addEventListener('timeout', () => resolve({ dead: true }));
    request.addEventListener('abort', () => resolve({ cancelled: true }));
  });
  request.open('POST', action);
  request.setRequestHeader('Accept', 'application/json');
  request.setRequestHeader('Idempotency-Key', key);
  request.send(body);
  return { done, cancel: () => request.abort() };
}

function answerOf(request) {
  try {
    const answer = JSON.parse(request.responseText);
    if (request.status < 300 && answer.links) return { push: answer };
    if (answer.error?.message) return { error: answer.error };
  } catch {
    // Something between the app and the browser answered in its own way.
  }
  return { error: {} };
}
