import type { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { ExchangeRequest } from './exchange.js';

/** An `AbortSignal`, by the types that the reader's project has. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Known } } ? Known : object;

/** A body about to be sent: its bytes, or the stream of them and, where known, how many there will be. */
export interface OutgoingBody {
  content: Buffer | Readable;
  sizeBytes?: number | undefined;
}

/** What to change about a request before it is signed. What is not named stays as it is. */
export interface RequestPatch {
  /** Relative to the API base URL and below it. A part that `shown.path` masks as `…` may be left like that. */
  path?: string | undefined;
  /** `null` leaves a header out, one that carries a signature included. */
  headers?: Readonly<Record<string, string | null>> | undefined;
  /** `null` leaves a claim out. */
  claims?: Record<string, unknown> | undefined;
  fileDescriptor?: unknown;
  /** The bytes to send in place of the body. */
  body?: Buffer | undefined;
}

/** A request as it goes over the wire: its signature and its tokens are good until they expire. Never to be logged. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: OutgoingBody;
}

/** One request of a call, before it is made. */
export interface InterceptedRequest<Answer = unknown> {
  /** The documented call that makes it. */
  readonly call: string;
  /** As in `Exchange`: secrets are masked, and a patch may leave them like that. `bodyBytes` is not known yet. */
  readonly shown: ExchangeRequest;
  /** Ends the call: whoever holds the request need not go on. */
  readonly signal: Signal | undefined;
  /** Opens a body that is the user's, which is not in `shown`; only for sources that can be opened more than once. */
  readonly openContent?: (() => OutgoingBody | Promise<OutgoingBody>) | undefined;
  /**
   * Signs and sends it, with a new nonce and the time of now unless the patch says otherwise, and reports the exchange.
   * It may be called again, also after the call is over: an answer that nobody waits for any more is dropped.
   * Rejects as the call would.
   */
  send(patch?: RequestPatch): Promise<Answer>;
  /** Signs it and does not send it. */
  sign(patch?: RequestPatch): Promise<SignedRequest>;
}

/**
 * Stands between a call and the network, for tools that hold, change or repeat requests. It resolves to the answer of a
 * `send`; what it rejects with, other than that, ends the call with `RequestWithheld`. The platform's public keys, which
 * all calls share, are fetched without it.
 */
export type Interceptor = <Answer>(request: InterceptedRequest<Answer>) => Promise<Answer>;
