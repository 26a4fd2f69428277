import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { UploadLimits } from '../../config/index.js';
import { AppError } from '../../errors.js';
import type { PayloadStore } from '../../storage/index.js';
import { liftBodyDeadline } from '../../web/index.js';
import type { Ledger, StoredBytes } from '../ledger/ledger.js';
import { Places } from './places.js';

/** Slower than this on average over one idle period is a client that holds a place without using it. */
const minBytesPerSecond = 256;
const knownForMs = 500;
const knownVisitors = 1000;
const lookAgainMs = 20;
const lingerMs = 5000;

const waitMs = 30_000;
/** A visitor's share of the places for uploads; an address' share is half of them, since many people may be behind one. */
const placesPerVisitor = 8;

/**
 * What must hold before and while a body is read: a free place, room within the visitor's and the whole quota, room on
 * the disk, and a client that really sends. Bodies that are only checked, and those of people without a connection,
 * have places of their own: they never take one from an upload.
 */
export class UploadGuard {
  readonly #uploads: Places;
  readonly #checks = new Places({
    perVisitor: 4,
    perAddress: 8,
    inAll: 32,
    waitMs: 5000,
    waitingPerVisitor: 4,
  });
  readonly #anonymous = new Places({
    perVisitor: 4,
    perAddress: 4,
    inAll: 8,
    waitMs: 5000,
    waitingPerVisitor: 4,
  });
  readonly #reserved = new Map<string, number>();
  #reservedInAll = 0;
  readonly #stored = new Map<string, StoredBytes & { at: number }>();

  readonly #limits: UploadLimits;
  readonly #ledger: Pick<Ledger, 'storedBytes'>;
  readonly #spool: Pick<PayloadStore, 'assertRoomFor'>;

  constructor(
    limits: UploadLimits,
    ledger: Pick<Ledger, 'storedBytes'>,
    spool: Pick<PayloadStore, 'assertRoomFor'>,
  ) {
    this.#limits = limits;
    this.#ledger = ledger;
    this.#spool = spool;
    const inAll = limits.maxConcurrentUploads;
    this.#uploads = new Places({
      perVisitor: Math.min(placesPerVisitor, inAll),
      perAddress: Math.min(inAll, Math.max(placesPerVisitor, Math.ceil(inAll / 2))),
      inAll,
      waitMs,
      waitingPerVisitor: 128,
    });
  }

  /** Bodies that are being received now. */
  get inProgress(): number {
    return this.#uploads.taken + this.#checks.taken + this.#anonymous.taken;
  }

  /** From now on every new upload is refused with ShuttingDown. */
  close(): void {
    for (const places of [this.#uploads, this.#checks, this.#anonymous]) places.close();
  }

  /** Waits until no upload is being received any more, for at most `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.inProgress > 0 && performance.now() < until) await sleep(lookAgainMs);
  }

  /**
   * Runs `receive` within the limits, for a visitor who has a connection. Nothing of the body has been read when it is
   * refused. What arrives whole after its time-out was already answered goes to `discard`. After a refusal the rest of
   * the body is read and thrown away (`lingeringClose`).
   * @param maxBytes the largest body that `receive` takes in; less than for files where there is another limit
   * @throws AppError ShuttingDown, TooManyUploads, QuotaExceeded, StorageFull, UploadTimeout, UploadAborted
   */
  async admit<T>(
    req: Request,
    res: Response,
    visitorId: string,
    receive: () => Promise<T>,
    discard: (late: T) => Promise<void>,
    maxBytes = this.#limits.maxUploadBytes,
  ): Promise<T> {
    liftBodyDeadline(req);
    return this.#within(this.#uploads, req, res, visitorId, async () => {
      const bytes = expectedBytes(req, maxBytes);
      this.#reserve(visitorId, bytes);
      try {
        await this.#assertQuota(visitorId);
        await this.#spool.assertRoomFor(this.#reservedInAll);
        return await this.#watch(req, receive, discard);
      } finally {
        this.#reserve(visitorId, -bytes);
      }
    });
  }

  /**
   * Runs `task` if `bytes` more would fit into the visitor's quota, everybody's, and onto the disk.
   * @throws AppError QuotaExceeded, StorageFull, StorageUnavailable
   */
  async withRoomFor<T>(visitorId: string, bytes: number, task: () => Promise<T>): Promise<T> {
    this.#reserve(visitorId, bytes);
    try {
      await this.#assertQuota(visitorId);
      await this.#spool.assertRoomFor(this.#reservedInAll);
      return await task();
    } finally {
      this.#reserve(visitorId, -bytes);
      // What was known of this visitor's bytes is out of date.
      this.#stored.delete(visitorId);
    }
  }

  /**
   * Runs `receive` for a body that is not kept: it is to be checked, or its sender has no connection. The deadline for
   * bodies holds for it (`bodyDeadline`).
   * @param visitorId of a visitor who has a connection; all others share what is left, by address
   * @throws AppError ShuttingDown, TooManyUploads, UploadAborted
   */
  async admitCheck<T>(
    req: Request,
    res: Response,
    visitorId: string | undefined,
    receive: () => Promise<T>,
  ): Promise<T> {
    const places = visitorId === undefined ? this.#anonymous : this.#checks;
    return this.#within(places, req, res, visitorId ?? `at ${req.ip}`, () => untilGone(req, receive));
  }

  async #within<T>(
    places: Places,
    req: Request,
    res: Response,
    visitor: string,
    task: () => Promise<T>,
  ): Promise<T> {
    try {
      const giveBack = await places.take(req, visitor);
      try {
        return await task();
      } finally {
        giveBack();
      }
    } catch (error) {
      lingeringClose(req, res);
      throw error;
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
      let isOver = false;
      const fail = (error: unknown) => {
        isOver = true;
        reject(error);
      };
      const timer = setInterval(() => {
        const bytes = req.socket.bytesRead - seen;
        seen = req.socket.bytesRead;
        if (req.complete || bytes >= (minBytesPerSecond * periodMs) / 1000) return;
        fail(new AppError('UploadTimeout'));
      }, periodMs);
      untilGone(req, receive, discard)
        .then((received) => (isOver ? discard(received) : resolve(received)), fail)
        .finally(() => clearInterval(timer));
    });
  }
}

/** A chunked or compressed body may become as large as the limit: that much is set aside for it. */
function expectedBytes(req: Request, maxBytes: number): number {
  const length = req.get('content-length');
  const isPlain = ['', 'identity'].includes(req.get('content-encoding') ?? '');
  return length !== undefined && isPlain ? Math.min(Number(length), maxBytes) : maxBytes;
}

/**
 * Runs `receive` until the client leaves before its body was whole: whatever reads the body may never be told.
 * @throws AppError UploadAborted, and what `receive` throws
 */
function untilGone<T>(
  req: Request,
  receive: () => Promise<T>,
  discard: (late: T) => Promise<void> = async () => {},
): Promise<T> {
  if (req.destroyed && !req.complete) return Promise.reject(new AppError('UploadAborted'));
  return new Promise<T>((resolve, reject) => {
    let isGone = false;
    const left = () => {
      if (req.complete) return;
      isGone = true;
      reject(new AppError('UploadAborted'));
    };
    req.once('close', left);
    receive()
      .then((received) => (isGone ? discard(received) : resolve(received)), reject)
      .finally(() => req.off('close', left));
  });
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
