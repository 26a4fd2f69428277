import type { DispatchSettings, UploadLimits } from '../config.js';
import type { Recorder } from '../inspector/index.js';
import type { Connections } from '../onboarding/index.js';
import type { Spool } from '../storage/index.js';
import type { Logger } from '../web/index.js';
import type { Dispatcher } from './dispatcher.js';
import type { Ledger } from './ledger.js';
import type { PayloadKeeper } from './payload-keeper.js';
import type { PushEvents } from './push-events.js';
import type { UploadGuard } from './upload-guard.js';
import type { WorkQueue } from './work-queue.js';

/** What the routes of the push service work with. */
export interface PushParts {
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly queue: WorkQueue;
  readonly dispatcher: Dispatcher;
  readonly events: PushEvents;
  readonly keeper: PayloadKeeper;
  readonly guard: UploadGuard;
  readonly spool: Spool;
  readonly recorder: Recorder;
  readonly uploads: UploadLimits;
  readonly dispatch: DispatchSettings;
  readonly log: Logger;
  readonly now: () => number;
}
