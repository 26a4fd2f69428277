import type { OnboardingParts } from '../onboarding/index.js';

/** A push as it is named before it is dropped. */
export interface WaitingPush {
  readonly id: string;
  readonly connectionId: string;
  readonly fileName: string;
  readonly state: string;
}

/** What leaving needs of the push service; that room knows this one, so it is handed in rather than imported. */
export interface PushesToDrop {
  readonly ledger: {
    waiting(visitorId: string, connectionId?: string): Promise<WaitingPush[]>;
    cancel(visitorId: string, pushId: string): Promise<void>;
    /** Deletes all pushes of the visitor. @returns names in the spool that can be removed now */
    forget(visitorId: string): Promise<string[]>;
  };
  readonly sweeper: { release(pushId: string): Promise<void> };
  readonly spool: { discard(spoolName: string): Promise<void> };
  readonly events: { changed(pushId: string): void };
}

/** What leaving works with. */
export interface LeaveParts {
  readonly onboarding: OnboardingParts;
  readonly pushes: PushesToDrop;
  /** Told of each connection that is gone, for whoever keeps something about it in memory. */
  onDisconnected(connectionId: string): void;
}
