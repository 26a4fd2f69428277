import type { DispatchSettings, UploadLimits } from '../config/index.js';
import type { Connections } from '../connections/index.js';
import type { Recorder } from '../inspector/index.js';
import type { Spool } from '../storage/index.js';
import type { Logger } from '../web/index.js';
import type { Dispatcher } from './delivery/dispatcher.js';
import type { UploadGuard } from './intake/upload-guard.js';
import type { Ledger } from './ledger/ledger.js';
import type { PayloadKeeper } from './ledger/payload-keeper.js';
import type { PushEvents } from './ledger/push-events.js';
import type { WorkQueue } from './ledger/work-queue.js';

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
