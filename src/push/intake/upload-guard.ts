import { setTimeout as sleep } from 'node:timers/promises';
import type { Request } from 'express';
import type { UploadLimits } from '../../config/index.js';
import { AppError } from '../../errors.js';
import type { Spool } from '../../storage/index.js';
import type { Ledger, StoredBytes } from '../ledger/ledger.js';

/** Slower than this on average over one idle period is a client that holds a place without using it. */
const minBytesPerSecond = 256;
const retryAfterSeconds = 5;
const knownForMs = 500;
const knownVisitors = 1000;
const lookAgainMs = 20;

/**
 * What must hold before and while a body is read: a free place, room within the visitor's and the whole quota, room on
 * the disk, and a client that really sends.
 */
export class UploadGuard {
  private running = 0;
  private readonly reserved = new Map<string, number>();
  private reservedInAll = 0;
  private readonly stored = new Map<string, StoredBytes & { at: number }>();
  private closing = false;

  constructor(
    private readonly limits: UploadLimits,
    private readonly ledger: Pick<Ledger, 'storedBytes'>,
    private readonly spool: Pick<Spool, 'assertRoomFor'>,
  ) {}

  /** Uploads that are being received now. */
  get inProgress(): number {
    return this.running;
  }

  /** From now on every new upload is refused with ShuttingDown. */
  close(): void {
    this.closing = true;
  }

  /** Waits until no upload is being received any more, for at most `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.running > 0 && performance.now() < until) await sleep(lookAgainMs);
  }

  /**
   * Runs `receive` within the limits. Nothing of the body has been read when it is refused. What arrives whole after
   * its time-out was already answered goes to `discard`.
   * @throws AppError ShuttingDown, TooManyUploads, QuotaExceeded, StorageFull, UploadTimeout
   */
  async admit<T>(
    req: Request,
    visitorId: string,
    receive: () => Promise<T>,
    discard: (late: T) => Promise<void>,
  ): Promise<T> {
    if (this.closing) throw new AppError('ShuttingDown', { retryAfterSeconds });
    if (this.running >= this.limits.maxConcurrentUploads)
      throw new AppError('TooManyUploads', { retryAfterSeconds });
    this.running++;
    // A chunked body may become as large as the limit: that much is set aside for it.
    const bytes = Math.min(
      Number(req.get('content-length') ?? this.limits.maxUploadBytes),
      this.limits.maxUploadBytes,
    );
    this.reserve(visitorId, bytes);
    try {
      await this.assertQuota(visitorId);
      await this.spool.assertRoomFor(this.reservedInAll);
      return await this.watch(req, receive, discard);
    } finally {
      this.running--;
      this.reserve(visitorId, -bytes);
    }
  }

  private reserve(visitorId: string, bytes: number): void {
    const now = (this.reserved.get(visitorId) ?? 0) + bytes;
    if (now === 0) this.reserved.delete(visitorId);
    else this.reserved.set(visitorId, now);
    this.reservedInAll += bytes;
  }

  private async assertQuota(visitorId: string): Promise<void> {
    const mine = this.reserved.get(visitorId) ?? 0;
    // Far from the limits what was known a moment ago will do; close to them the ledger is asked.
    const recent = this.stored.get(visitorId);
    if (recent !== undefined && performance.now() - recent.at < knownForMs && this.fits(recent, mine, 2))
      return;
    const stored = { ...(await this.ledger.storedBytes(visitorId)), at: performance.now() };
    if (this.stored.size >= knownVisitors) this.stored.clear();
    this.stored.set(visitorId, stored);
    if (stored.ofVisitor + mine > this.limits.visitorQuotaBytes)
      throw new AppError('QuotaExceeded', { values: { maxBytes: this.limits.visitorQuotaBytes } });
    if (!this.fits(stored, mine, 1)) throw new AppError('StorageFull', { retryAfterSeconds: 60 });
  }

  /** Whether `margin` times what is stored and on its way would fit. */
  private fits(stored: StoredBytes, mine: number, margin: number): boolean {
    return (
      margin * (stored.ofVisitor + mine) <= this.limits.visitorQuotaBytes &&
      margin * (stored.inAll + this.reservedInAll) <= this.limits.totalQuotaBytes
    );
  }

  private watch<T>(req: Request, receive: () => Promise<T>, discard: (late: T) => Promise<void>): Promise<T> {
    const periodMs = this.limits.uploadIdleTimeoutMs;
    return new Promise<T>((resolve, reject) => {
      let seen = req.socket.bytesRead;
      let timedOut = false;
      const timer = setInterval(() => {
        const bytes = req.socket.bytesRead - seen;
        seen = req.socket.bytesRead;
        if (req.complete || bytes >= (minBytesPerSecond * periodMs) / 1000) return;
        timedOut = true;
        reject(new AppError('UploadTimeout'));
      }, periodMs);
      receive()
        .then((received) => (timedOut ? discard(received) : resolve(received)), reject)
        .finally(() => clearInterval(timer));
    });
  }
}
