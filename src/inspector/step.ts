import type { Exchange } from '../digime/index.js';

/** One step of a visitor's journey as the inspector shows it: a call to digi.me, or something between browser and app. */
export type Step = ExchangeStep | BrowserStepTaken;

/** A call that can be made again. Never to be shown: it can act. */
export interface RepeatableCall {
  /** Whether it holds on to a body of the user's. */
  readonly hasContent: boolean;
  /** Signs and sends it again; a refusal is an outcome too. @throws AppError NotFound when nobody holds it any more */
  repeat(): Promise<void>;
  /** The call as a signed command for a shell. @throws as `repeat` */
  signedCurl(): Promise<string>;
}

/** A call to digi.me. The client has taken every secret out of `exchange` already. */
export interface ExchangeStep {
  readonly kind: 'exchange';
  /** 1 for a journey's first; never used twice in one journey. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly exchange: Exchange;
  /** The id of the push that it was made for. */
  readonly push?: string;
  /** To make it again; only in sandbox mode and only of the newest. */
  made?: RepeatableCall;
}

export interface BrowserStepTaken {
  readonly kind: 'browser';
  readonly number: number;
  readonly at: number;
  readonly name: BrowserStep;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** What happened between browser and app, or browser and digi.me, which the app sees by its result. */
export type BrowserStep =
  | 'authorization-requested'
  | 'authorization-started'
  | 'callback-received'
  | 'connected'
  | 'upload-received'
  | 'push-state';
