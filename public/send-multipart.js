import { outcomeOf } from './outcome.js';

/*
 * Carries one file in one request, as the form without scripts does. `attempt()` becomes an outcome (`outcome.js`) and
 * never rejects. XMLHttpRequest, because fetch does not tell how far an upload is.
 */
export function createMultipart({ action, key, connection, fileMeta, file }, onProgress) {
  let request;
  return {
    attempt: () =>
      new Promise((resolve) => {
        const body = new FormData();
        body.append('connection', connection);
        body.append('idempotencyKey', key);
        body.append('fileMeta', fileMeta);
        body.append('file', file);
        request = new XMLHttpRequest();
        request.upload.addEventListener('progress', ({ loaded, total }) => {
          onProgress((loaded / total) * file.size);
        });
        request.addEventListener('load', () =>
          resolve(outcomeOf(request.status, request.responseText, (name) => request.getResponseHeader(name))),
        );
        for (const name of ['error', 'timeout', 'abort'])
          request.addEventListener(name, () => resolve({ isTemporary: true }));
        request.open('POST', action);
        request.setRequestHeader('Accept', 'application/json');
        request.setRequestHeader('Idempotency-Key', key);
        request.send(body);
      }),
    stop: async () => request?.abort(),
    discard: async () => undefined,
  };
}
