import { outcomeOf } from './outcome.js';

/*
 * Carries one file by tus 1.0: after a break only what is missing is sent. `attempt()` becomes an outcome
 * (`outcome.js`) and never rejects; another attempt goes on where the last one ended. `onUrl` is told the address of
 * the upload, with which a later page goes on.
 */
export async function createResumable(
  { endpoint, key, connection, fileMeta, file, uploadUrl },
  onProgress,
  onUrl,
) {
  if (!window.tus) await import('./tus.min.js');
  const { Upload } = window.tus;
  let location;
  let settle;
  const upload = new Upload(file, {
    endpoint,
    ...(uploadUrl && { uploadUrl }),
    metadata: { filename: file.name, filetype: file.type, fileMeta, connection, idempotencyKey: key },
    headers: { Accept: 'application/json', 'Idempotency-Key': key },
    // The addresses are kept with the files (kept-files.js); waiting and trying again is decided in send-file.js.
    storeFingerprintForResuming: false,
    retryDelays: null,
    onProgress,
    onUploadUrlAvailable: () => onUrl(upload.url),
    onAfterResponse(_request, response) {
      location = response.getHeader('Push-Location') ?? location;
    },
    onSuccess() {
      settle({ push: { links: { self: location ?? '/pushes', events: location && `${location}/events` } } });
    },
    onError(error) {
      const answer = error.originalResponse;
      settle(
        outcomeOf(
          answer?.getStatus() ?? 0,
          answer?.getBody() ?? '',
          (name) => answer?.getHeader(name) ?? null,
        ),
      );
    },
  });
  return {
    isResumable: true,
    attempt: () =>
      new Promise((resolve) => {
        settle = resolve;
        upload.start();
      }),
    stop: async () => {
      await upload.abort();
      settle?.({ isTemporary: true });
    },
    discard: () => upload.abort(true).catch(() => undefined),
  };
}
