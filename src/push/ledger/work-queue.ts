import {
  commitTogether,
  cutText,
  type Database,
  insertOf,
  isShared,
  type Sealer,
  sharedClock,
  updateOf,
} from '../../storage/index.js';
import { type Attempt, type Push, type PushError, type PushRow, type PushState, toPush } from '../push.js';
import { DueClaims } from './claim-due.js';
import { payloadKeyContext, responseContext } from './ledger.js';

/** How an attempt ended, and what becomes of the push. */
export interface Settlement {
  state: Exclude<PushState, 'pushing'>;
  attempt: Attempt;
  lastError?: PushError;
  nextAttemptAt?: number;
  /** Whether the attempt may have arrived all the same. */
  possiblyDuplicated?: boolean;
  /** The provider's answer, kept sealed. */
  response?: unknown;
}

const interrupted: PushError = {
  code: 'Interrupted',
  message: 'the attempt was interrupted again and again',
};

/** At once, as after a restart; from the sixth time on later each time: it may be the push itself that ends its attempts. */
const afterInterruptionMs = (attempts: number) =>
  attempts <= 5 ? 0 : Math.min(600_000, 30_000 * 2 ** Math.min(attempts - 6, 10));

/** Where a payload is: sealed in its row or in the store; and `plain`, where it is still in memory. */
export interface PayloadRecord {
  readonly plain?: Buffer;
  readonly sealed?: Buffer;
  readonly spoolName?: string;
  readonly key: Buffer;
}

/**
 * The dispatcher's side of the ledger: claiming under a lease, settling, and getting back what a dead process held.
 * A lease belongs to a process (`owner`); only PostgreSQL is shared by several, and there leases are measured by the
 * database's clock, so that a step of one machine's clock loses none.
 */
export class WorkQueue {
  readonly #isShared: boolean;
  readonly #claims: DueClaims;

  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #owner: string;
  readonly #leaseMs: number;
  readonly #now: () => number;

  constructor(database: Database, sealer: Sealer, owner: string, leaseMs: number, now: () => number) {
    this.#database = database;
    this.#sealer = sealer;
    this.#owner = owner;
    this.#leaseMs = leaseMs;
    this.#now = now;
    this.#isShared = isShared(database);
    this.#claims = new DueClaims(database, this.#isShared);
  }

  /** Milliseconds of the clock that all owners share, as SQL. */
  #clock() {
    return this.#isShared ? this.#database.raw(sharedClock) : this.#database.raw('?', [this.#now()]);
  }

  /** A number where it can be one: raw SQL is taken apart anew for each push. */
  #leaseEnd() {
    return this.#isShared
      ? this.#database.raw(`${sharedClock} + ?`, [this.#leaseMs])
      : this.#now() + this.#leaseMs;
  }

  /** What a new push's row holds when it is sent at once instead of being queued first. */
  firstLease(): Partial<PushRow> {
    return {
      state: 'pushing',
      lease_owner: this.#owner,
      lease_until: this.#leaseEnd() as never,
      attempts: 1,
      next_attempt_at: null,
    };
  }

  /** Takes up to `limit` due pushes, fair between visitors; see `DueClaims`. None means that none are due. */
  async claim(limit: number): Promise<Push[]> {
    const now = this.#now();
    return this.#claims.take(limit, now, {
      state: 'pushing',
      lease_owner: this.#owner,
      lease_until: this.#leaseEnd(),
      attempts: this.#database.raw('attempts + 1'),
      next_attempt_at: null,
      updated_at: now,
    });
  }

  /**
   * Makes due what is planned further ahead than any wait lasts (`horizonMs`): that was planned before the clock
   * stepped back.
   */
  async bringForward(horizonMs: number): Promise<void> {
    const now = this.#now();
    await this.#database('pushes')
      .where('state', 'queued')
      .andWhere('next_attempt_at', '>', now + horizonMs)
      .update({ next_attempt_at: now });
  }

  /** When the next queued push is due, in Unix milliseconds. */
  async nextDueAt(): Promise<number | undefined> {
    const row = await this.#database('pushes').where('state', 'queued').min('next_attempt_at as due').first();
    return row?.due ?? undefined;
  }

  /** The payload of a push; `undefined` when it is gone. */
  async payloadOf(pushId: string): Promise<PayloadRecord | undefined> {
    const row = await this.#database('payloads').where('push_id', pushId).first();
    if (row === undefined) return undefined;
    return {
      key: this.#sealer.open(row.key_sealed, payloadKeyContext(pushId)),
      ...(row.sealed !== null && { sealed: row.sealed }),
      ...(row.spool_name !== null && { spoolName: row.spool_name }),
    };
  }

  /**
   * Records how an attempt ended, in one commit with the push's new state. A delivered push gives up its payload; the
   * file in the spool is the caller's to remove afterwards. Whoever lost the lease meanwhile decides nothing any more,
   * except that what arrived has arrived.
   */
  async settle(pushId: string, settlement: Settlement): Promise<void> {
    const { state, attempt, lastError } = settlement;
    const now = this.#now();
    const response = settlement.response === undefined ? undefined : jsonOf(settlement.response);
    const mine = { id: pushId, ...(state !== 'delivered' && { lease_owner: this.#owner }) };
    const change = updateOf(
      'pushes',
      {
        state,
        lease_owner: null,
        lease_until: null,
        next_attempt_at: settlement.nextAttemptAt ?? null,
        last_error: lastError ? JSON.stringify(cutError(lastError)) : null,
        updated_at: now,
        ...(settlement.possiblyDuplicated && { possibly_duplicated: true }),
        ...(response !== undefined && {
          response_sealed: this.#sealer.seal(response, responseContext(pushId)),
        }),
        ...(state === 'delivered' && { delivered_at: now }),
      },
      mine,
    );
    const record = insertOf('attempts', attemptRow(pushId, attempt), replacingAttempt);
    await commitTogether(this.#database, [
      change,
      // Forgotten while it was on its way: nothing of it may come back.
      { sql: 'select id from pushes where id = ?', values: [pushId], withoutRow: 'stop' },
      record,
      ...(state === 'delivered' ? [{ sql: 'delete from payloads where push_id = ?', values: [pushId] }] : []),
    ]);
  }

  /** Lengthens the leases of what this process is sending. */
  async renewLeases(runningIds: readonly string[]): Promise<void> {
    await this.#database('pushes')
      .whereIn('id', runningIds)
      .where({ state: 'pushing', lease_owner: this.#owner })
      .update({ lease_until: this.#leaseEnd() });
  }

  /**
   * Pushes that were taken and not settled, by a process that died or by this one when the ledger was away: those whose
   * lease has run out, and in SQLite, which only one process uses, those of any other owner at once.
   */
  async abandoned(runningIds: readonly string[]): Promise<Push[]> {
    const query = this.#database<PushRow>('pushes').where('state', 'pushing').whereNotIn('id', runningIds);
    query.andWhere((lapsed) => {
      lapsed.where('lease_until', '<', this.#clock());
      if (this.#isShared) return;
      // A lease that ends later than any new one would was taken before the clock stepped back.
      lapsed
        .orWhereNot('lease_owner', this.#owner)
        .orWhere('lease_until', '>', this.#now() + 2 * this.#leaseMs);
    });
    return (await query).map(toPush);
  }

  /** How long it takes until the first lease of another process runs out, in milliseconds; `undefined` without one. */
  async nextLapseMs(): Promise<number | undefined> {
    const row = await this.#database('pushes')
      .where('state', 'pushing')
      .whereNot('lease_owner', this.#owner)
      .select(this.#database.raw('min(lease_until) - ? as ms', [this.#clock()]))
      .first();
    return row?.ms ?? undefined;
  }

  /**
   * Puts an abandoned push back into the queue, or gives it up when its budget is used up; the attempt that nobody saw the
   * end of is recorded as such.
   */
  async requeueAbandoned(push: Push): Promise<void> {
    const now = this.#now();
    await this.#database.transaction(async (transaction) => {
      const taken = await transaction('pushes')
        .where({ id: push.id, state: 'pushing', attempts: push.attempts })
        .update({
          ...(now < push.giveUpAt
            ? { state: 'queued', next_attempt_at: now + afterInterruptionMs(push.attempts) }
            : { state: 'failed', next_attempt_at: null, last_error: JSON.stringify(interrupted) }),
          lease_owner: null,
          lease_until: null,
          possibly_duplicated: true,
          updated_at: now,
        });
      if (taken === 0) return;
      await transaction('attempts')
        .insert({ push_id: push.id, number: push.attempts, started_at: push.updatedAt, code: 'Interrupted' })
        .onConflict(['push_id', 'number'])
        .ignore();
    });
  }

  /** Lets everything go on that waited for this connection. @returns how many */
  async resume(connectionId: string): Promise<number> {
    const now = this.#now();
    return this.#database('pushes')
      .where({ connection_id: connectionId, state: 'needs-reauthorization' })
      .update({ state: 'queued', next_attempt_at: now, updated_at: now });
  }

  /**
   * Lets everything go on that waits although its connection works: the person reauthorized between the look at the
   * connection and the commit of the push, or a process died between the new token and `resume`. A push whose provider
   * wants one account to be allowed again (511) goes on waiting. @returns how many
   */
  async resumeReady(): Promise<number> {
    const now = this.#now();
    return this.#database('pushes')
      .where('state', 'needs-reauthorization')
      .andWhere((other) =>
        other.whereNull('last_error').orWhere('last_error', 'not like', '%"ServiceAuthorizationError"%'),
      )
      .whereIn('connection_id', this.#database('connections').select('id').where('state', 'active'))
      .update({ state: 'queued', next_attempt_at: now, updated_at: now });
  }

  /** Holds everything back that is queued for a connection that can't be used. @returns the ids */
  async suspend(connectionId: string): Promise<string[]> {
    const rows = await this.#database('pushes')
      .where({ connection_id: connectionId, state: 'queued' })
      .update({ state: 'needs-reauthorization', next_attempt_at: null, updated_at: this.#now() })
      .returning('id');
    return rows.map((row: { id: string }) => row.id);
  }

  /** When the oldest push that is queued or being sent was accepted, in Unix milliseconds. */
  async oldestUnsentAt(): Promise<number | undefined> {
    const row = await this.#database('pushes')
      // Words instead of values: only so may SQLite use the index of just these rows.
      .whereRaw("state in ('queued', 'pushing')")
      .min('created_at as oldest')
      .first();
    return row?.oldest ?? undefined;
  }
}

/** `undefined` for what can't be written as JSON: an answer may be nested deeper than the call stack goes. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

const maxMessage = 1000;

const cutError = ({ code, message, reference }: PushError): PushError => ({
  code: cutText(code, 128),
  message: cutText(message, maxMessage),
  ...(reference !== undefined && { reference: cutText(reference, 256) }),
});

const textOrNull = (text: string | undefined, maxCharacters: number) =>
  text === undefined ? null : cutText(text, maxCharacters);

/** The same attempt may be recorded twice: as it was first known, and how it ended. */
const replacingAttempt = `on conflict (push_id, number) do update set ${['started_at', 'duration_ms', 'status', 'code', 'message', 'reference'].map((column) => `${column} = excluded.${column}`).join(', ')}`;

const attemptRow = (pushId: string, attempt: Attempt) => ({
  push_id: pushId,
  number: attempt.number,
  started_at: attempt.startedAt,
  duration_ms: attempt.durationMs ?? null,
  status: attempt.status ?? null,
  code: textOrNull(attempt.code, 128),
  message: textOrNull(attempt.message, maxMessage),
  reference: textOrNull(attempt.reference, 256),
});
