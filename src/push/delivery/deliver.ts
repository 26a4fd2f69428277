import type { ConnectionCalls } from '../../connections/index.js';
import type { ExchangeHook } from '../../digime/index.js';
import type { PayloadRecord } from '../ledger/work-queue.js';
import type { Push } from '../push.js';
import type { AttemptProgress } from './attempt-progress.js';
import type { Delivery, DirectSender, PushToSend, Sender, SendHooks } from './sender.js';

/** What `Deliverer` uses. */
interface DelivererParts {
  readonly calls: ConnectionCalls;
  readonly sender: Sender;
  /** Plans what can't be watched otherwise, for the inspector. */
  readonly direct: Pick<DirectSender, 'plan'>;
  readonly progress: AttemptProgress;
}

/** Hands payloads to digi.me, each in the name of its connection. */
export class Deliverer {
  readonly #parts: DelivererParts;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  /**
   * Makes one attempt to deliver a push.
   * @throws what the client throws, AppError ConnectionNotFound, or an Error of the store
   */
  async deliver(push: Push, payload: PayloadRecord, signal: AbortSignal): Promise<Delivery> {
    const { calls, sender, direct, progress } = this.#parts;
    const { type, size, fileName, descriptor, accountId, providerVersion } = push;
    const onSent = (sentBytes: number) => progress.moved(push.id, { sentBytes, totalBytes: size });
    const sent = calls.act({ id: push.connectionId, push: push.id }, (call) => {
      const { contractDetails, userAccessToken, onlyWatched, onExchange, intercept, ...refresh } = call;
      const toSend: PushToSend = {
        ...{ type, size, fileName, descriptor, accountId, providerVersion },
        ...{ contractDetails, userAccessToken, payload },
      };
      const hooks: SendHooks = { ...refresh, signal, onSent };
      if (onlyWatched === undefined) return sender.send(toSend, { ...hooks, onExchange, intercept });
      const watch: ExchangeHook = onlyWatched(() => direct.plan(toSend, { ...refresh, onExchange: watch }));
      return sender.send(toSend, { ...hooks, onExchange: watch });
    });
    return sent.finally(() => progress.ended(push.id));
  }
}
