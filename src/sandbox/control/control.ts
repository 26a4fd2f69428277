import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { personOf } from '../identity/people.js';
import type { Platform } from '../platform.js';
import { parseWith } from '../read-json.js';
import { accountsOf, wireAccount } from '../state/accounts.js';
import type { Delivery, FetchedRecords, FileDescriptor, StoredFile } from '../state/records.js';
import type { FaultRequest, Faults, PendingFault } from './faults.js';
import type { RecordedRequest, RequestLog } from './request-log.js';

export interface ClockReading {
  /** What the sandbox takes the time to be for expiries, milliseconds. */
  now: number;
  advancedSeconds: number;
}

export interface LibraryFile {
  name: string;
  descriptor: FileDescriptor;
  /** Bytes. */
  size: number;
  sha256: string;
  /** How often the same bytes with the same descriptor arrived. */
  count: number;
  receivedAt: number;
  contractId: string;
  applicationId: string;
  /** Which source its records were fetched from; files that were pushed have none. */
  fetched?: FetchedRecords | undefined;
}

export interface LibraryContents {
  userId: string;
  /** The test person whose library it is. */
  person: string;
  files: LibraryFile[];
  accounts: ReturnType<typeof wireAccount>[];
}

export type ProviderDelivery = Omit<Delivery, 'userId'> & { resource: unknown };

/** The control routes as methods; arguments and results are what the routes take and answer as JSON. */
export interface SandboxControl {
  addFault(fault: FaultRequest): { fault: PendingFault; faults: PendingFault[] };
  faults(): { faults: PendingFault[] };
  clearFaults(): { faults: PendingFault[] };
  advanceClock(seconds: number): ClockReading;
  clock(): ClockReading;
  requests(): { requests: RecordedRequest[] };
  clearRequests(): { requests: RecordedRequest[] };
  /** The callbacks that contracts may name. */
  callbacks(): { redirectUris: string[] };
  /** Registers a callback, exactly as written; one of an app has a scheme of its own. */
  addCallback(redirectUri: string): { redirectUris: string[] };
  library(): { libraries: LibraryContents[]; files: LibraryFile[] };
  provider(): { deliveries: ProviderDelivery[] };
}

const advanceShape = z.number().min(0).max(1_000_000_000);

/** Makes the control of one sandbox. Its methods throw a `Refusal` for arguments that are not what they take. */
export function makeControl(platform: Platform, faults: Faults, log: RequestLog): SandboxControl {
  const { clock, state } = platform;
  const reading = () => ({ now: clock.aged(), advancedSeconds: clock.advancedMs() / 1000 });
  const pending = () => ({ faults: faults.list() });
  const callbacks = () => ({ redirectUris: platform.redirectUris.registered() });
  const requests = () => ({ requests: log.list() });
  return {
    addFault: (fault) => ({ fault: faults.add(fault), ...pending() }),
    faults: pending,
    clearFaults: () => {
      faults.clear();
      return pending();
    },
    advanceClock: (seconds) => {
      clock.advance(parseWith(advanceShape, seconds, 'advanceSeconds'));
      return reading();
    },
    clock: reading,
    requests,
    clearRequests: () => {
      log.clear();
      return requests();
    },
    callbacks,
    addCallback: (redirectUri) => {
      platform.redirectUris.add(redirectUri);
      return callbacks();
    },
    library: () => {
      const libraries = state.libraries.all().map(({ userId, personId }) => ({
        userId,
        person: personOf({ personId }).name,
        files: state.files.where((file) => file.userId === userId).map(showFile),
        accounts: accountsOf(platform, userId).map((account) => wireAccount(platform, account)),
      }));
      return { libraries, files: libraries.flatMap(({ files }) => files) };
    },
    provider: () => ({
      deliveries: state.deliveries.all().map(({ userId: _userId, ...delivery }) => ({
        ...delivery,
        resource: JSON.parse(readFileSync(join(state.bodies, delivery.id), 'utf8')) as unknown,
      })),
    }),
  };
}

function showFile({ userId: _userId, updatedAt: _updatedAt, ...file }: StoredFile): LibraryFile {
  return file;
}
