import { parentPort, workerData } from 'node:worker_threads';
import { type Exchange, init, type UserAccessToken } from '../../digime/index.js';
import { Spool } from '../../storage/spool.js';
import { type Delivery, DirectSender, type PushToSend } from './sender.js';
import { errorFrom, type PlainError, plainError } from './thread-errors.js';

/** What the thread's client is made of. */
export interface ThreadSettings {
  readonly applicationId: string;
  readonly baseUrl: string;
  readonly pushTimeoutMs: number;
  /** Where the spool is; missing where payloads are kept elsewhere. */
  readonly dataDir: string | undefined;
}

/** What the thread is told; `id` names the push in question. */
export type ToThread = { readonly id: number } & (
  | { readonly push: PushToSend }
  | { readonly abort: string }
  /** It holds the lock: it may ask digi.me for a new token. */
  | { readonly refresh: true }
  | { readonly goOnWith: UserAccessToken }
  | { readonly giveUp: PlainError }
);

/** What the thread tells. */
export type FromThread = { readonly id: number } & (
  | { readonly exchange: Exchange }
  | { readonly sentBytes: number }
  /** digi.me refused this token; it waits for `refresh`, `goOnWith` or `giveUp`. */
  | { readonly stale: UserAccessToken }
  | { readonly fresh: UserAccessToken }
  | { readonly notRefreshed: PlainError }
  | { readonly changed: UserAccessToken }
  | { readonly delivery: Delivery }
  | { readonly failed: PlainError }
);

/** A refresh that all pushes with the same token wait for, also when the one that it was begun for has ended. */
interface Refresh {
  refresh(): Promise<UserAccessToken>;
  resolve(fresh: UserAccessToken): void;
  reject(error: unknown): void;
}

const { applicationId, baseUrl, pushTimeoutMs, dataDir } = workerData as ThreadSettings;
const spool = dataDir === undefined ? undefined : new Spool(dataDir);
const sender = new DirectSender(init({ applicationId, baseUrl, pushTimeoutMs }), {
  read: ({ spoolName, sealed }, key) => {
    if (spool === undefined) throw new Error('this thread has no store to read from');
    return spool.read({ spoolName, sealed }, key);
  },
});
const running = new Map<number, AbortController>();
const refreshes = new Map<number, Refresh>();

const tell = (message: FromThread): void => parentPort?.postMessage(message);

/** `structuredClone` makes a plain `Uint8Array` of a `Buffer`. */
const asBuffer = (bytes: Uint8Array | undefined) =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function withBuffers(push: PushToSend): PushToSend {
  const { key, plain, sealed, spoolName } = push.payload;
  const [keyBytes, plainBytes, sealedBytes] = [asBuffer(key), asBuffer(plain), asBuffer(sealed)];
  return {
    ...push,
    payload: {
      key: keyBytes as Buffer,
      ...(plainBytes && { plain: plainBytes }),
      ...(sealedBytes && { sealed: sealedBytes }),
      ...(spoolName && { spoolName }),
    },
  };
}

function send(id: number, push: PushToSend): void {
  const abort = new AbortController();
  running.set(id, abort);
  sender
    .send(withBuffers(push), {
      signal: abort.signal,
      onExchange: (exchange) => tell({ id, exchange }),
      onSent: (sentBytes) => tell({ id, sentBytes }),
      onAccessTokenChange: (changed) => tell({ id, changed }),
      onAccessTokenRefresh: (refresh, stale) =>
        new Promise((resolve, reject) => {
          refreshes.set(id, { refresh, resolve, reject });
          tell({ id, stale });
        }),
    })
    .then(
      (delivery) => tell({ id, delivery }),
      (error) => tell({ id, failed: plainError(error) }),
    )
    .finally(() => running.delete(id));
}

/** Asks digi.me for a new token: the other side holds the lock. */
function refresh(id: number): void {
  refreshes
    .get(id)
    ?.refresh()
    .then(
      (fresh) => tell({ id, fresh }),
      (error) => tell({ id, notRefreshed: plainError(error) }),
    );
}

function end(id: number, how: (begun: Refresh) => void): void {
  const begun = refreshes.get(id);
  refreshes.delete(id);
  if (begun) how(begun);
}

/** The thread's end of `ThreadedSender`. */
parentPort?.on('message', (message: ToThread) => {
  const { id } = message;
  if ('push' in message) send(id, message.push);
  else if ('abort' in message) running.get(id)?.abort(new Error(message.abort));
  else if ('goOnWith' in message) end(id, ({ resolve }) => resolve(message.goOnWith));
  else if ('giveUp' in message) end(id, ({ reject }) => reject(errorFrom(message.giveUp)));
  else refresh(id);
});
parentPort?.postMessage('ready');
