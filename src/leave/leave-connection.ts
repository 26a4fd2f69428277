import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Connections } from '../connections/index.js';
import { AppError } from '../errors.js';
import type { Push, PushService } from '../push/index.js';

/** How long an attempt that is under way is waited for; what comes after that finds no connection any more. */
const patienceMs = 2000;
const lookAgainMs = 50;

/** What of the push service leaving needs. */
export type PushesToDrop = Pick<PushService, 'ledger' | 'sweeper' | 'events'>;

/** What became of the pushes that waited. */
export interface Dropped {
  readonly cancelled: readonly Push[];
  /** Being sent at that moment: they may still arrive. */
  readonly underWay: readonly Push[];
}

/**
 * Cancels what waits, of one connection or of all, and gives up its payloads. What is being sent at the moment can't be
 * called back: it is waited for, briefly, and cancelled if it comes back into the queue.
 */
export async function cancelWaiting(
  pushes: PushesToDrop,
  visitorId: string,
  connectionId?: string,
): Promise<Dropped> {
  const cancelled: Push[] = [];
  const until = performance.now() + patienceMs;
  for (;;) {
    const underWay: Push[] = [];
    for (const push of await pushes.ledger.waiting(visitorId, connectionId)) {
      const isCancelled = await pushes.ledger.cancel(visitorId, push.id).then(
        () => true,
        (error) => (isTooLate(error) ? false : Promise.reject(error)),
      );
      if (!isCancelled) {
        underWay.push(push);
        continue;
      }
      await pushes.sweeper.release(push.id);
      pushes.events.changed(push.id);
      cancelled.push(push);
    }
    if (underWay.length === 0 || performance.now() > until) return { cancelled, underWay };
    await sleep(lookAgainMs);
  }
}

const isTooLate = (error: unknown) =>
  error instanceof AppError && (error.code === 'PushNotCancellable' || error.code === 'NotFound');

/** Drops a connection with its tokens, and what waited for it. Other connections stay, also those of the same library. */
export async function dropConnection(
  connections: Connections,
  pushes: PushesToDrop,
  { id, visitorId }: Connection,
): Promise<Dropped> {
  const before = await cancelWaiting(pushes, visitorId, id);
  await connections.remove(id);
  // What was taken in while the others were cancelled.
  const after = await cancelWaiting(pushes, visitorId, id);
  return { cancelled: [...before.cancelled, ...after.cancelled], underWay: after.underWay };
}
