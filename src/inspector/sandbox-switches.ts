/** Ways in which the next push can go wrong. */
export const pushFailures = ['unavailable', 'answer-lost', 'refused'] as const;
export type PushFailure = (typeof pushFailures)[number];
/** Which kind of push a failure waits for. */
export type PushTarget = 'library' | 'provider';

/** What the switches stand at. */
export interface SwitchState {
  /** Failures that still wait for a push: how it will go wrong, which kind of push, and how many of them. */
  readonly pushFailures: readonly {
    readonly how: PushFailure;
    readonly target: PushTarget;
    readonly remaining: number;
  }[];
  /** Set while the sandbox answers nothing but 503. `until` in Unix milliseconds, where this app knows it. */
  readonly down?: { readonly until?: number };
  /** How far the sandbox's clock for expiries runs ahead. */
  readonly advancedSeconds: number;
  /** Faults that somebody set on the sandbox by other means. */
  readonly others: number;
}

/**
 * What a visitor may break in a sandbox to see the app recover. Every visitor of that sandbox feels it. The methods
 * reject with `AppError` `DigimeUnreachable` when the sandbox does not answer.
 */
export interface SandboxSwitches {
  /** Lets one more of the pushes to come fail, of a file (the default) or of a record; at most ten wait of each kind. */
  failNextPush(how: PushFailure, target?: PushTarget): Promise<void>;
  /** Lets all tokens of the kind that exist now expire; `refresh` takes the access tokens along. */
  expireTokens(which: 'access' | 'refresh'): Promise<void>;
  /** Lets every call fail with 503 for so many seconds; once more begins the time anew. */
  takeDown(seconds: number): Promise<void>;
  /** Ends all of it but the passage of time. */
  restore(): Promise<void>;
  state(): Promise<SwitchState>;
}
