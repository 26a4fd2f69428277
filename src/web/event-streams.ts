import type { Request, Response } from 'express';
import { AppError } from '../errors.js';

/** Proxies end connections that are silent for a minute. */
const heartbeatMs = 20_000;
const retryAfterSeconds = 10;

/** How many streams there may be, and how much may wait for a client that does not read. */
export interface EventStreamLimits {
  readonly perVisitor: number;
  readonly inAll: number;
  /** Bytes that wait in this process for one client. */
  readonly unreadBytes: number;
}

const defaults: EventStreamLimits = { perVisitor: 8, inAll: 1000, unreadBytes: 256 * 1024 };

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
 * All streams of server-sent events (WHATWG HTML §9.2) of this process: it bounds their number by visitor and in all,
 * keeps them alive with one timer, and drops who does not read.
 */
export class EventStreams {
  readonly #limits: EventStreamLimits;
  readonly #ofVisitor = new Map<string, Set<Open>>();
  #count = 0;
  #isClosed = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(limits: Partial<EventStreamLimits> = {}) {
    this.#limits = { ...defaults, ...limits };
  }

  /** Streams that are open now. */
  get count(): number {
    return this.#count;
  }

  /**
   * Answers a request with a stream.
   * @param ended is called exactly once, however the stream ends; at once where the client has left already
   * @throws AppError TooManyRequests, ShuttingDown; then nothing was answered and `ended` is never called
   */
  open(req: Request, res: Response, visitorId: string, ended: () => void): EventStream {
    if (this.#isClosed) throw new AppError('ShuttingDown', { retryAfterSeconds });
    const mine = this.#ofVisitor.get(visitorId) ?? new Set();
    if (mine.size >= this.#limits.perVisitor || this.#count >= this.#limits.inAll)
      throw new AppError('TooManyRequests', { retryAfterSeconds, values: { seconds: retryAfterSeconds } });
    const stream = new ResponseStream(res, this.#limits.unreadBytes, () => {
      mine.delete(stream);
      if (mine.size === 0) this.#ofVisitor.delete(visitorId);
      this.#count--;
      if (this.#count === 0) clearInterval(this.#heartbeat);
      ended();
    });
    this.#ofVisitor.set(visitorId, mine.add(stream));
    if (this.#count++ === 0) this.#startHeartbeat();
    stream.begin(req);
    return stream;
  }

  /** Ends all streams and refuses new ones: an open one would hold up the end of the process. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#all()) stream.end();
  }

  #all(): Open[] {
    return [...this.#ofVisitor.values()].flatMap((streams) => [...streams]);
  }

  #startHeartbeat(): void {
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#all()) stream.beat();
    }, heartbeatMs);
    this.#heartbeat.unref();
  }
}

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
