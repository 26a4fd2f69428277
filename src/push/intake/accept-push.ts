import type { NewPush } from '../ledger/ledger.js';
import type { PushParts } from '../parts.js';
import type { Push } from '../push.js';

/**
 * Commits a push and sees to it that it is sent: at once where the dispatcher has a free place (then it is committed
 * under its lease, which spares taking it out of the queue again), else when its turn comes.
 * @throws AppError as `Ledger.accept`
 */
export async function acceptPush(
  parts: Pick<PushParts, 'dispatcher' | 'ledger' | 'queue' | 'recorder'>,
  request: NewPush,
): Promise<{ push: Push; isNew: boolean }> {
  const isPromised = request.state === 'queued' && parts.dispatcher.reserve();
  let isSent = false;
  try {
    const accepted = await parts.ledger.accept(request, isPromised ? parts.queue.firstLease() : undefined);
    if (!accepted.isNew) return accepted;
    const { push } = accepted;
    parts.recorder.browserStep(push.visitorId, 'upload-received', {
      push: push.id,
      bytes: push.size,
      type: push.type,
    });
    const { key, sealed, spoolName } = request.payload;
    if (isPromised)
      parts.dispatcher.send(push, { key, ...(sealed && { sealed }), ...(spoolName && { spoolName }) });
    isSent = isPromised;
    return accepted;
  } finally {
    if (isPromised && !isSent) parts.dispatcher.giveBack();
    if (!isPromised) parts.dispatcher.wake();
  }
}
