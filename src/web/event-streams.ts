import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { AppError } from '../errors.js';
import type { SharedStreamPlaces, StreamOwner, StreamShares } from './stream-places.js';

/** Proxies end connections that are silent for a minute. */
const heartbeatMs = 20_000;
const retryAfterSeconds = 10;

/** How many streams there may be, and how much may wait for a client that does not read. */
export interface EventStreamLimits extends StreamShares {
  /** Of this process: what a stream needs is its memory and its sockets. */
  readonly inAll: number;
  /** Bytes that wait in this process for one client. */
  readonly unreadBytes: number;
}

const defaults: EventStreamLimits = {
  perVisitor: 8,
  // Many people may be behind one address, and one of them must not keep all others out.
  perAddress: 500,
  inAll: 1000,
  unreadBytes: 256 * 1024,
};

/** One open stream of server-sent events. */
export interface EventStream {
  readonly isOpen: boolean;
  /**
   * Sends one event. A client that has not taken what was sent before is dropped: it connects again by itself
   * (WHATWG HTML §9.2.3) and is told the present state.
   * @param data becomes one line of JSON
   */
  send(event: string, data: unknown, id?: string | number): void;
  /** Ends the stream after what was sent. */
  end(): void;
}

interface Open extends EventStream {
  beat(): void;
}

/**
 * All streams of server-sent events (WHATWG HTML §9.2) of this process: it bounds their number by visitor, by address and
 * in all, keeps them alive with one timer, and drops who does not read.
 */
export class EventStreams {
  readonly #limits: EventStreamLimits;
  readonly #shared: SharedStreamPlaces | undefined;
  /** Places that are taken in this process, by visitor and by address. */
  readonly #taken = new Map<string, number>();
  readonly #open = new Set<Open>();
  #count = 0;
  #isClosed = false;
  #heartbeat: NodeJS.Timeout | undefined;

  /** @param shared where several processes share the places of a visitor and of an address */
  constructor(limits: Partial<EventStreamLimits> = {}, shared?: SharedStreamPlaces) {
    this.#limits = { ...defaults, ...limits };
    this.#shared = shared;
  }

  /** Places that are taken now: streams that are open, and those that are about to be. */
  get count(): number {
    return this.#count;
  }

  /**
   * Answers a request with a stream.
   * @param ended is called exactly once, however the stream ends; at once where the client has left already
   * @throws AppError TooManyRequests, ShuttingDown; then nothing was answered and `ended` is never called
   */
  async open(req: Request, res: Response, visitorId: string, ended: () => void): Promise<EventStream> {
    const giveBack = await this.#takePlace({ visitorId, address: req.ip ?? '' });
    const stream = new ResponseStream(res, this.#limits.unreadBytes, () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) clearInterval(this.#heartbeat);
      giveBack();
      ended();
    });
    if (this.#open.size === 0) this.#startHeartbeat();
    this.#open.add(stream);
    stream.begin(req);
    return stream;
  }

  /** Ends all streams and refuses new ones: an open one would hold up the end of the process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stream of [...this.#open]) stream.end();
    await this.#shared?.close();
  }

  /** @returns how to give it back */
  async #takePlace(owner: StreamOwner): Promise<() => void> {
    if (this.#isClosed) throw new AppError('ShuttingDown', { retryAfterSeconds });
    const { perVisitor, perAddress, inAll } = this.#limits;
    const keys = [`visitor ${owner.visitorId}`, `address ${owner.address}`] as const;
    const [ofVisitor, ofAddress] = keys.map((key) => this.#taken.get(key) ?? 0) as [number, number];
    if (ofVisitor >= perVisitor || ofAddress >= perAddress || this.#count >= inAll) throw tooMany();
    this.#count++;
    this.#taken.set(keys[0], ofVisitor + 1).set(keys[1], ofAddress + 1);
    const id = randomUUID();
    const giveBack = () => {
      this.#count--;
      for (const key of keys) {
        const left = (this.#taken.get(key) ?? 0) - 1;
        if (left > 0) this.#taken.set(key, left);
        else this.#taken.delete(key);
      }
      this.#shared?.release(id);
    };
    if (this.#shared === undefined) return giveBack;
    const isTaken = await this.#shared.take(id, owner, this.#limits);
    if (isTaken && !this.#isClosed) return giveBack;
    giveBack();
    throw this.#isClosed ? new AppError('ShuttingDown', { retryAfterSeconds }) : tooMany();
  }

  #startHeartbeat(): void {
    this.#heartbeat = setInterval(() => {
      for (const stream of [...this.#open]) stream.beat();
    }, heartbeatMs);
    this.#heartbeat.unref();
  }
}

const tooMany = () =>
  new AppError('TooManyRequests', { retryAfterSeconds, values: { seconds: retryAfterSeconds } });

class ResponseStream implements Open {
  readonly #res: Response;
  readonly #unreadBytes: number;
  readonly #ended: () => void;
  #isOpen = true;

  constructor(res: Response, unreadBytes: number, ended: () => void) {
    this.#res = res;
    this.#unreadBytes = unreadBytes;
    this.#ended = ended;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  begin(req: Request): void {
    // A client that left while the session or the ledger was asked gives no sign of it any more.
    if (req.destroyed || this.#res.destroyed || this.#res.closed) {
      this.#finish();
      return;
    }
    this.#res.once('close', () => this.#finish());
    this.#res.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
    this.#res.flushHeaders();
  }

  send(event: string, data: unknown, id?: string | number): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
  }

  beat(): void {
    // What was not taken within a whole period never will be.
    if (this.#res.writableNeedDrain) this.#drop();
    else this.#write(': still here\n\n');
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#res.end();
    this.#finish();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    // Only what waits already counts: one event alone may be larger than what a socket takes at a time.
    if (this.#res.writableLength > this.#unreadBytes) this.#drop();
    else this.#res.write(text);
  }

  #drop(): void {
    this.#res.destroy();
    this.#finish();
  }

  #finish(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ended();
  }
}

/**
 * Lets a stream tell of what is there now: each call of what it returns asks for one `look`. They are made one at a time,
 * so that an older state is never sent after a newer one; many calls during a look become one. A look that fails ends the
 * stream: its client comes again.
 */
export function oneLookAtATime(stream: EventStream, look: () => Promise<void>): () => void {
  let isLooking = false;
  let lookAgain = false;
  const work = async () => {
    isLooking = true;
    while (lookAgain && stream.isOpen) {
      lookAgain = false;
      await look().catch(() => stream.end());
    }
    isLooking = false;
  };
  return () => {
    lookAgain = true;
    if (!isLooking) void work();
  };
}
