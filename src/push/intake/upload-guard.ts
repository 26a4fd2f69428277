import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
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
const lingerMs = 5000;

/**
 * What must hold before and while a body is read: a free place, room within the visitor's and the whole quota, room on
 * the disk, and a client that really sends.
 */
export class UploadGuard {
  #running = 0;
  readonly #reserved = new Map<string, number>();
  #reservedInAll = 0;
  readonly #stored = new Map<string, StoredBytes & { at: number }>();
  #closing = false;

  readonly #limits: UploadLimits;
  readonly #ledger: Pick<Ledger, 'storedBytes'>;
  readonly #spool: Pick<Spool, 'assertRoomFor'>;

  constructor(
    limits: UploadLimits,
    ledger: Pick<Ledger, 'storedBytes'>,
    spool: Pick<Spool, 'assertRoomFor'>,
  ) {
    this.#limits = limits;
    this.#ledger = ledger;
    this.#spool = spool;
  }

  /** Uploads that are being received now. */
  get inProgress(): number {
    return this.#running;
  }

  /** From now on every new upload is refused with ShuttingDown. */
  close(): void {
    this.#closing = true;
  }

  /** Waits until no upload is being received any more, for at most `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.#running > 0 && performance.now() < until) await sleep(lookAgainMs);
  }

  /**
   * Runs `receive` within the limits. Nothing of the body has been read when it is refused. What arrives whole after
   * its time-out was already answered goes to `discard`. After a refusal the rest of the body is read and thrown away
   * (`lingeringClose`).
   * @throws AppError ShuttingDown, TooManyUploads, QuotaExceeded, StorageFull, UploadTimeout
   */
  async admit<T>(
    req: Request,
    res: Response,
    visitorId: string,
    receive: () => Promise<T>,
    discard: (late: T) => Promise<void>,
  ): Promise<T> {
    try {
      return await this.#admitOrThrow(req, visitorId, receive, discard);
    } catch (error) {
      lingeringClose(req, res);
      throw error;
    }
  }

  async #admitOrThrow<T>(
    req: Request,
    visitorId: string,
    receive: () => Promise<T>,
    discard: (late: T) => Promise<void>,
  ): Promise<T> {
    if (this.#closing) throw new AppError('ShuttingDown', { retryAfterSeconds });
    if (this.#running >= this.#limits.maxConcurrentUploads)
      throw new AppError('TooManyUploads', { retryAfterSeconds });
    this.#running++;
    // A chunked body may become as large as the limit: that much is set aside for it.
    const bytes = Math.min(
      Number(req.get('content-length') ?? this.#limits.maxUploadBytes),
      this.#limits.maxUploadBytes,
    );
    this.#reserve(visitorId, bytes);
    try {
      await this.#assertQuota(visitorId);
      await this.#spool.assertRoomFor(this.#reservedInAll);
      return await this.#watch(req, receive, discard);
    } finally {
      this.#running--;
      this.#reserve(visitorId, -bytes);
    }
  }

  #reserve(visitorId: string, bytes: number): void {
    const now = (this.#reserved.get(visitorId) ?? 0) + bytes;
    if (now === 0) this.#reserved.delete(visitorId);
    else this.#reserved.set(visitorId, now);
    this.#reservedInAll += bytes;
  }

  async #assertQuota(visitorId: string): Promise<void> {
    const mine = this.#reserved.get(visitorId) ?? 0;
    // Far from the limits what was known a moment ago will do; close to them the ledger is asked.
    const recent = this.#stored.get(visitorId);
    if (recent !== undefined && performance.now() - recent.at < knownForMs && this.#fits(recent, mine, 2))
      return;
    const stored = { ...(await this.#ledger.storedBytes(visitorId)), at: performance.now() };
    if (this.#stored.size >= knownVisitors) this.#stored.clear();
    this.#stored.set(visitorId, stored);
    if (stored.ofVisitor + mine > this.#limits.visitorQuotaBytes)
      throw new AppError('QuotaExceeded', { values: { maxBytes: this.#limits.visitorQuotaBytes } });
    if (!this.#fits(stored, mine, 1)) throw new AppError('StorageFull', { retryAfterSeconds: 60 });
  }

  /** Whether `margin` times what is stored and on its way would fit. */
  #fits(stored: StoredBytes, mine: number, margin: number): boolean {
    return (
      margin * (stored.ofVisitor + mine) <= this.#limits.visitorQuotaBytes &&
      margin * (stored.inAll + this.#reservedInAll) <= this.#limits.totalQuotaBytes
    );
  }

  #watch<T>(req: Request, receive: () => Promise<T>, discard: (late: T) => Promise<void>): Promise<T> {
    const periodMs = this.#limits.uploadIdleTimeoutMs;
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

/**
 * A body that is refused half-way is read on and thrown away for a few seconds after the answer, then the connection
 * is dropped: closing it at once would reset it, and the client would see a broken network instead of the reason.
 */
export function lingeringClose(req: Request, res: Response): void {
  if (req.complete) return;
  req.resume();
  res.once('finish', () => {
    const timer = setTimeout(() => req.destroy(), lingerMs);
    timer.unref();
    req.once('close', () => clearTimeout(timer));
  });
}
