import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Connection, ConnectionType } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import type { Recorder } from '../../inspector/index.js';
import type { StoredPayload } from '../../storage/index.js';
import type { Tracing } from '../../tracing/index.js';
import type { Dispatcher } from '../delivery/dispatcher.js';
import type { RecentPayloads } from '../delivery/recent-payloads.js';
import type { Ledger, NewPush } from '../ledger/ledger.js';
import type { PayloadSweeper } from '../ledger/payload-sweeper.js';
import type { PayloadRecord, WorkQueue } from '../ledger/work-queue.js';
import type { Push } from '../push.js';

/** What is known about a push once its payload was checked; the rest follows from the connection. */
export interface PushDetails
  extends Omit<
    NewPush,
    'payload' | 'visitorId' | 'connectionId' | 'state' | 'retryBudgetMs' | 'traceParent'
  > {
  readonly connection: Connection;
}

/** What `PushIntake` uses. */
interface PushIntakeParts {
  readonly ledger: Pick<Ledger, 'accept'>;
  readonly queue: Pick<WorkQueue, 'firstLease'>;
  readonly dispatcher: Pick<Dispatcher, 'reserve' | 'send' | 'giveBack' | 'announce'>;
  readonly recent: Pick<RecentPayloads, 'keep'>;
  readonly sweeper: Pick<PayloadSweeper, 'discard' | 'discardIfUnknown' | 'discardUnlessKnown'>;
  readonly recorder: Pick<Recorder, 'browserStep'>;
  readonly tracing: Pick<Tracing, 'span' | 'current'>;
  readonly retryBudgetMs: number;
}

/** The one way into the ledger, for files and bundles alike. */
export class PushIntake {
  readonly #parts: PushIntakeParts;

  constructor(parts: PushIntakeParts) {
    this.#parts = parts;
  }

  /**
   * Stores a payload, checks it and commits it to the ledger. When this resolves the push is durable; when it rejects
   * nothing of it is left, unless the commit's outcome is unknown: then the payload stays for as long as that.
   * @param store stores the payload; when it rejects it has removed what it had stored
   * @param describe checks what was stored, and says what the push is
   * @param keepsOnFailure the caller keeps what was stored when this rejects, to try it again
   * @throws what `store` and `describe` throw; AppError IdempotencyConflict, ConnectionNotFound; an error of the database
   */
  async storeAndAccept<T extends { readonly payload: StoredPayload }>(
    store: () => Promise<T>,
    describe: (stored: T) => PushDetails | Promise<PushDetails>,
    keepsOnFailure = false,
  ): Promise<Push> {
    const stored = await store();
    const { spoolName } = stored.payload;
    try {
      const details = await describe(stored);
      const { push, isNew } = await this.#parts.tracing.span(
        { name: 'push accept', kind: 'producer', facts: { 'push.type': details.type } },
        async (add) => {
          const accepted = await this.#accept(details, stored.payload);
          add({ 'push.id': accepted.push.id, 'push.bytes': accepted.push.size });
          return accepted;
        },
      );
      if (!isNew && spoolName !== undefined) await this.#parts.sweeper.discardIfUnknown(spoolName);
      return push;
    } catch (error) {
      // A refusal of ours rolled the transaction back; after any other error the commit may have taken place all the same.
      if (spoolName !== undefined && !keepsOnFailure) {
        if (error instanceof AppError) await this.#parts.sweeper.discard(spoolName);
        else await this.#parts.sweeper.discardUnlessKnown(spoolName);
      }
      throw error;
    }
  }

  /**
   * Commits a push and sees to it that it is sent: at once where the dispatcher has a free slot (then it is committed
   * under its lease, which spares taking it out of the queue again), else when its turn comes.
   */
  async #accept(
    { connection, ...details }: PushDetails,
    payload: StoredPayload,
  ): Promise<{ push: Push; isNew: boolean }> {
    const { ledger, queue, dispatcher, recent, recorder, tracing, retryBudgetMs } = this.#parts;
    const isUsable = connection.state === 'active';
    const request: NewPush = {
      ...details,
      payload,
      visitorId: connection.visitorId,
      connectionId: connection.id,
      state: isUsable ? 'queued' : 'needs-reauthorization',
      retryBudgetMs,
      traceParent: tracing.current(),
    };
    const hasReservedSlot = isUsable && dispatcher.reserve();
    let isSent = false;
    try {
      const accepted = await ledger.accept(request, hasReservedSlot ? queue.firstLease() : undefined);
      if (!accepted.isNew) return accepted;
      const { push } = accepted;
      recorder.browserStep(push.visitorId, 'upload-received', {
        push: push.id,
        bytes: push.size,
        type: push.type,
      });
      if (hasReservedSlot) dispatcher.send(push, recordOf(payload));
      else if (isUsable) recent.keep(push.id, recordOf(payload));
      isSent = hasReservedSlot;
      return accepted;
    } finally {
      if (hasReservedSlot && !isSent) dispatcher.giveBack();
      if (!hasReservedSlot) dispatcher.announce();
    }
  }
}

/** What sending it takes; the sealed copy is not kept beside the bytes themselves. */
const recordOf = ({ key, plain, sealed, spoolName }: StoredPayload): PayloadRecord => ({
  key,
  ...(plain ? { plain } : sealed && { sealed }),
  ...(spoolName && { spoolName }),
});

/** Visible ASCII, at most 255 characters. */
const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;

/** Reads `Idempotency-Key`, from the header or the form's field. @throws AppError InvalidRequest */
export function idempotencyKeyOf(req: Request, field: string | undefined): string | undefined {
  const key = req.get('Idempotency-Key') ?? (field || undefined);
  if (key !== undefined && !idempotencyKeyPattern.test(key))
    throw new AppError('InvalidRequest', {
      details: [{ path: 'Idempotency-Key', message: 'fields:idempotencyKey' }],
    });
  return key;
}

/**
 * The visitor's connection that a push is for: the one named, else the newest of the kind.
 * @throws AppError ConnectionNotFound, also for one that belongs to somebody else
 */
export function chooseConnection(
  connections: readonly Connection[],
  type: ConnectionType,
  id: string | undefined,
): Connection {
  const ofType = connections.filter((connection) => connection.type === type);
  const chosen = id === undefined ? ofType[0] : ofType.find((connection) => connection.id === id);
  if (chosen === undefined) throw new AppError('ConnectionNotFound');
  return chosen;
}

/** SHA-256 over parts that can't run into one another. */
export function hashOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
