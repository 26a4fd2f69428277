import type { Contracts } from '../config/index.js';
import type { ConnectionCalls, Connections } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';
import type { Recorder } from '../inspector/index.js';
import type { KeyedLock, Logger } from '../web/index.js';
import type { UsedStates } from './pending-authorizations.js';

/** What onboarding works with. */
export interface OnboardingParts {
  readonly sdk: DigiMe;
  readonly contracts: Contracts;
  /** The digi.me this app talks to, by its API address. */
  readonly issuer: string;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly usedStates: UsedStates;
  readonly recorder: Recorder;
  readonly sessionLock: KeyedLock;
  readonly log: Logger;
  readonly now: () => number;
  /** The address of `GET /return`, from the configuration; never from a request's headers. */
  callbackUrl(): string;
  /** Called when a connection has a fresh token, so that pushes that waited for it go on. */
  onConnected(connectionId: string): Promise<void>;
}
