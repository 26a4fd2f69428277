import type { Request } from 'express';
import { AppError } from '../../errors.js';

const retryAfterSeconds = 5;

/** How many bodies are read at the same time. */
export interface PlaceLimits {
  readonly perVisitor: number;
  readonly perAddress: number;
  readonly inAll: number;
  /** How long who has used up a share waits for a place of its own; its body is not read meanwhile. */
  readonly waitMs: number;
  /** How many wait, by visitor. */
  readonly waitingPerVisitor: number;
}

interface Waiting {
  readonly visitor: string;
  readonly address: string;
  admit(): void;
  refuse(error: AppError): void;
}

/**
 * Places for bodies that are being read. Each visitor has a share, then each address, so that one visitor's slow
 * uploads hold up nobody else's. Who is over a share waits for one of its own places; when all are taken a new body is
 * refused at once.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #inAll = 0;
  #isClosed = false;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#inAll;
  }

  /** Refuses everybody from now on, those who wait too. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of [...this.#waiting])
      waiting.refuse(new AppError('ShuttingDown', { retryAfterSeconds }));
  }

  /**
   * Takes a place for the request's body.
   * @returns how to give it back, to be called once
   * @throws AppError TooManyUploads, ShuttingDown, UploadAborted when the client leaves while it waits
   */
  async take(req: Request, visitor: string): Promise<() => void> {
    if (this.#isClosed) throw new AppError('ShuttingDown', { retryAfterSeconds });
    const address = req.ip ?? '';
    if (this.#inAll >= this.#limits.inAll) throw new AppError('TooManyUploads', { retryAfterSeconds });
    if (this.#hasShare(visitor, address)) this.#add(visitor, address, 1);
    else await this.#wait(req, visitor, address);
    return () => {
      this.#add(visitor, address, -1);
      this.#admitNext();
    };
  }

  #hasShare(visitor: string, address: string): boolean {
    return (
      this.#inAll < this.#limits.inAll &&
      (this.#taken.get(`visitor ${visitor}`) ?? 0) < this.#limits.perVisitor &&
      (this.#taken.get(`address ${address}`) ?? 0) < this.#limits.perAddress
    );
  }

  #add(visitor: string, address: string, count: 1 | -1): void {
    this.#inAll += count;
    for (const key of [`visitor ${visitor}`, `address ${address}`]) {
      const taken = (this.#taken.get(key) ?? 0) + count;
      if (taken === 0) this.#taken.delete(key);
      else this.#taken.set(key, taken);
    }
  }

  #admitNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#inAll >= this.#limits.inAll) return;
      if (!this.#hasShare(waiting.visitor, waiting.address)) continue;
      this.#add(waiting.visitor, waiting.address, 1);
      waiting.admit();
    }
  }

  #wait(req: Request, visitor: string, address: string): Promise<void> {
    const mine = [...this.#waiting].filter((waiting) => waiting.visitor === visitor);
    if (mine.length >= this.#limits.waitingPerVisitor || this.#waiting.size >= 4 * this.#limits.inAll)
      throw new AppError('TooManyUploads', { retryAfterSeconds });
    if (req.destroyed) throw new AppError('UploadAborted');
    return new Promise((resolve, reject) => {
      const left = () => waiting.refuse(new AppError('UploadAborted'));
      const timer = setTimeout(
        () => waiting.refuse(new AppError('TooManyUploads', { retryAfterSeconds })),
        this.#limits.waitMs,
      );
      const end = () => {
        clearTimeout(timer);
        req.off('close', left);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        visitor,
        address,
        admit: () => {
          end();
          resolve();
        },
        refuse: (error) => {
          end();
          reject(error);
        },
      };
      req.once('close', left);
      this.#waiting.add(waiting);
    });
  }
}
