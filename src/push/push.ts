import type { FileDescriptor } from './intake/file-meta.js';

/** `queued` → `pushing` → `delivered`; the others need a person, or nothing more at all. */
export type PushState = 'queued' | 'pushing' | 'delivered' | 'failed' | 'needs-reauthorization' | 'cancelled';

export const finalStates: readonly PushState[] = ['delivered', 'failed', 'cancelled'];

export interface PushError {
  code: string;
  message: string;
  reference?: string;
}

/** Whether the provider asked for one account to be allowed again (511), not digi.me for the whole connection. */
export const isAboutOneAccount = (error: PushError | undefined): boolean =>
  error?.code === 'ServiceAuthorizationError';

/** An error of the check that the person overruled: its place in the bundle, and what was said about it. */
export interface OverruledProblem {
  path: string;
  message: string;
}

/** One entry of the ledger. Times are Unix milliseconds, sizes bytes, the SHA-256 is hexadecimal. */
export interface Push {
  readonly id: string;
  readonly visitorId: string;
  readonly connectionId: string;
  readonly type: 'library' | 'provider';
  readonly state: PushState;
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
  /** Of a file for the library. */
  readonly descriptor: FileDescriptor | undefined;
  /** Of a resource for a provider. */
  readonly accountId: string | undefined;
  readonly providerVersion: string | undefined;
  readonly overruled: readonly OverruledProblem[];
  readonly attempts: number;
  readonly nextAttemptAt: number | undefined;
  /** After this it is not tried again by itself. */
  readonly giveUpAt: number;
  /** An attempt ended without our knowing whether it arrived, so that it may arrive twice. */
  readonly possiblyDuplicated: boolean;
  readonly lastError: PushError | undefined;
  /** The span that its attempts belong to (W3C Trace Context). */
  readonly traceParent: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deliveredAt: number | undefined;
}

/** One try to deliver a push. `status` is the platform's HTTP status, absent where no answer came. */
export interface Attempt {
  readonly number: number;
  readonly startedAt: number;
  readonly durationMs?: number;
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  readonly reference?: string;
}

export interface PushRow {
  id: string;
  visitor_id: string;
  connection_id: string;
  type: 'library' | 'provider';
  state: PushState;
  file_name: string;
  size: number;
  sha256: string;
  descriptor: string | null;
  account_id: string | null;
  provider_version: string | null;
  overruled: string | null;
  attempts: number;
  next_attempt_at: number | null;
  give_up_at: number;
  lease_owner: string | null;
  lease_until: number | null;
  possibly_duplicated: boolean | number;
  last_error: string | null;
  idempotency_key: string | null;
  content_hash: string;
  trace_parent: string | null;
  created_at: number;
  updated_at: number;
  delivered_at: number | null;
}

export const toPush = (row: PushRow): Push => ({
  id: row.id,
  visitorId: row.visitor_id,
  connectionId: row.connection_id,
  type: row.type,
  state: row.state,
  fileName: row.file_name,
  size: row.size,
  sha256: row.sha256,
  descriptor: row.descriptor === null ? undefined : (JSON.parse(row.descriptor) as FileDescriptor),
  accountId: row.account_id ?? undefined,
  providerVersion: row.provider_version ?? undefined,
  overruled: row.overruled === null ? [] : (JSON.parse(row.overruled) as OverruledProblem[]),
  attempts: row.attempts,
  nextAttemptAt: row.next_attempt_at ?? undefined,
  giveUpAt: row.give_up_at,
  possiblyDuplicated: Boolean(row.possibly_duplicated),
  lastError: row.last_error === null ? undefined : (JSON.parse(row.last_error) as PushError),
  traceParent: row.trace_parent ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  deliveredAt: row.delivered_at ?? undefined,
});
