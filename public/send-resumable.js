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
      if (location) settle(pushAt(location));
      else askForPush(upload.url, file.size).then(settle);
    },
    onError(error) {
      const answer = error.originalResponse;
      const outcome = outcomeOf(
        answer?.getStatus() ?? 0,
        answer?.getBody() ?? '',
        (name) => answer?.getHeader(name) ?? null,
      );
      // A browser repeats a request whose connection broke by itself, with the offset it had; the next attempt asks first.
      const isOtherOffset = outcome.status === 409 && !outcome.error.code;
      settle({ ...outcome, isTemporary: outcome.isTemporary || isOtherOffset });
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

const pushAt = (location) => ({ push: { links: { self: location, events: `${location}/events` } } });

/* Everything had arrived before this page asked, and its push was not made yet: an empty PATCH has it made. */
async function askForPush(url, size) {
  try {
    const answer = await fetch(url, {
      method: 'PATCH',
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/offset+octet-stream',
        'Tus-Resumable': '1.0.0',
        'Upload-Offset': String(size),
      },
    });
    const location = answer.headers.get('Push-Location');
    if (location) return pushAt(location);
    return outcomeOf(answer.status, await answer.text(), (name) => answer.headers.get(name));
  } catch {
    return { status: 0, error: {}, isTemporary: true };
  }
}
