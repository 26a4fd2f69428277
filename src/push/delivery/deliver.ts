import type { ConnectionCalls } from '../../connections/index.js';
import type { DigiMe } from '../../digime/index.js';
import { AppError } from '../../errors.js';
import type { PayloadStore } from '../../storage/index.js';
import type { PayloadRecord } from '../ledger/work-queue.js';
import type { Push } from '../push.js';
import type { AttemptProgress } from './attempt-progress.js';

export interface Delivery {
  status: number;
  /** The provider's answer, where there was one. */
  body?: unknown;
  /** Why there was an answer that could not be read. It has been taken all the same, and must not be sent again. */
  unreadable?: { code: string; message: string };
}

/** What `Deliverer` uses. */
interface DelivererParts {
  readonly sdk: Pick<DigiMe, 'pushData'>;
  readonly calls: ConnectionCalls;
  readonly spool: Pick<PayloadStore, 'read'>;
  readonly progress: AttemptProgress;
}

/** Hands payloads to digi.me. */
export class Deliverer {
  readonly #parts: DelivererParts;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  /**
   * Makes one attempt to deliver a push: streams the payload from the spool through the client. The client refreshes
   * the token once if it has to and opens the payload afresh for the repeat.
   * @throws what the client throws, AppError ConnectionNotFound, or an Error of the spool
   */
  async deliver(push: Push, payload: PayloadRecord, signal: AbortSignal): Promise<Delivery> {
    const { sdk, calls, spool, progress } = this.#parts;
    let delivery: Delivery = { status: 0 };
    const sent = calls.act({ id: push.connectionId, push: push.id }, async (call) => {
      const common = {
        ...call,
        signal,
        onResponse: (response: Delivery) => {
          delivery = response;
        },
      };
      if (push.type === 'library') {
        if (push.descriptor === undefined) throw new AppError('InternalError');
        await sdk.pushData({
          type: 'library',
          ...common,
          data: {
            fileData: () => progress.measure(push.id, push.size, spool.read(payload, payload.key)),
            fileSize: push.size,
            fileName: push.fileName,
            fileDescriptor: push.descriptor,
          },
        });
      } else {
        await sdk.pushData({
          type: 'provider',
          ...common,
          data: await readAll(spool, payload),
          standard: 'fhir',
          version: push.providerVersion === '3.0.2' ? '3.0.2' : 'stu3',
          accountId: push.accountId ?? '',
        });
      }
    });
    await sent.finally(() => progress.ended(push.id));
    return delivery;
  }
}

/** Provider resources are at most a few MiB (`provider-body.ts`); they leave as they were checked, digit for digit. */
async function readAll(spool: Pick<PayloadStore, 'read'>, payload: PayloadRecord): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of spool.read(payload, payload.key)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
