import { pipeline, type Readable, Transform } from 'node:stream';
import type {
  CallOptions,
  DigiMe,
  InterceptedRequest,
  PushDataOptions,
  UserCall,
} from '../../digime/index.js';
import { AppError } from '../../errors.js';
import type { PayloadStore } from '../../storage/index.js';
import type { PayloadRecord } from '../ledger/work-queue.js';
import type { Push } from '../push.js';

/** What digi.me, or the provider behind it, answered to a push that it took. */
export interface Delivery {
  status: number;
  /** The provider's answer, where there was one. */
  body?: unknown;
  /** Why there was an answer that could not be read. It has been taken all the same, and must not be sent again. */
  unreadable?: { code: string; message: string };
}

/** What is sent for a push, and in whose name. Plain values only, so that it can go to another thread. */
export interface PushToSend
  extends Pick<Push, 'type' | 'size' | 'fileName' | 'descriptor' | 'accountId' | 'providerVersion'>,
    Pick<UserCall, 'contractDetails' | 'userAccessToken'> {
  readonly payload: PayloadRecord;
}

/** What is told, asked and decided while a push is sent. */
export interface SendHooks
  extends Pick<CallOptions, 'onExchange' | 'intercept'>,
    Pick<UserCall, 'onAccessTokenRefresh' | 'onAccessTokenChange'> {
  readonly signal?: AbortSignal;
  /** Bytes of the payload that were given to the connection; a few times a second, and only of large ones. */
  onSent?(sentBytes: number): void;
}

/** Makes one attempt to hand a payload to digi.me. */
export interface Sender {
  /**
   * Streams the payload through the client. The client refreshes the token once if it has to and opens the payload
   * afresh for the repeat.
   * @throws what `pushData` of the client throws, or an Error of the store
   */
  send(push: PushToSend, hooks: SendHooks): Promise<Delivery>;
}

/** A smaller file is gone before anybody could look. */
const smallestCountedBytes = 1024 * 1024;
/** Nobody sees more than a few steps a second. */
const tellEveryMs = 250;

/** Sends in the thread that it is called in. */
export class DirectSender implements Sender {
  readonly #sdk: Pick<DigiMe, 'pushData'>;
  readonly #store: Pick<PayloadStore, 'read'>;

  constructor(sdk: Pick<DigiMe, 'pushData'>, store: Pick<PayloadStore, 'read'>) {
    this.#sdk = sdk;
    this.#store = store;
  }

  async send(push: PushToSend, hooks: SendHooks): Promise<Delivery> {
    let delivery: Delivery = { status: 0 };
    const args = await this.#argumentsOf(push, hooks);
    await this.#sdk.pushData({
      ...args,
      onResponse: (response) => {
        delivery = response;
      },
    });
    return delivery;
  }

  /** The request that `send` would make, without making it: for tools that sign or send it later. */
  async plan(push: PushToSend, hooks: SendHooks): Promise<InterceptedRequest> {
    const args = await this.#argumentsOf(push, hooks);
    return new Promise((resolve, reject) => {
      const withhold = async (request: InterceptedRequest): Promise<never> => {
        resolve(request);
        throw new Error('it is only planned');
      };
      this.#sdk.pushData({ ...args, intercept: withhold as never }).catch(reject);
    });
  }

  async #argumentsOf(push: PushToSend, hooks: SendHooks): Promise<PushDataOptions> {
    const { payload, contractDetails, userAccessToken } = push;
    const { onSent, ...options } = hooks;
    const call = { contractDetails, userAccessToken, ...options };
    if (push.type === 'provider')
      return {
        ...call,
        type: 'provider',
        data: payload.plain ?? (await readAll(this.#read(payload))),
        standard: 'fhir',
        version: push.providerVersion === '3.0.2' ? '3.0.2' : 'stu3',
        accountId: push.accountId ?? '',
      };
    if (push.descriptor === undefined) throw new AppError('InternalError');
    return {
      ...call,
      type: 'library',
      data: {
        fileData: payload.plain ?? (() => counted(this.#read(payload), push.size, onSent)),
        fileSize: push.size,
        fileName: push.fileName,
        fileDescriptor: push.descriptor,
      },
    };
  }

  #read(payload: PayloadRecord): Readable {
    return this.#store.read(payload, payload.key);
  }
}

/** Counts what is read of a file that is being sent; where it is sent again, after a refresh, from the start. */
function counted(file: Readable, totalBytes: number, onSent: SendHooks['onSent']): Readable {
  if (totalBytes < smallestCountedBytes || onSent === undefined) return file;
  let sentBytes = 0;
  let toldAt = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length;
      const now = performance.now();
      if (now - toldAt >= tellEveryMs || sentBytes >= totalBytes) {
        toldAt = now;
        onSent(sentBytes);
      }
      done(null, chunk);
    },
  });
  // The end and every fault reach both sides; who sends the file sees them on what it was given.
  pipeline(file, counter, () => undefined);
  return counter;
}

/** Provider resources are at most a few MiB (`provider-body.ts`); they leave as they were checked, digit for digit. */
async function readAll(payload: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of payload) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
