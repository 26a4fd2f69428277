import { randomUUID } from 'node:crypto';
import { AppError } from '../../errors.js';
import {
  commitTogether,
  type Database,
  insertOf,
  isRowId,
  type SealedColumn,
  type Sealer,
  type StoredPayload,
} from '../../storage/index.js';
import type { FileDescriptor } from '../intake/file-meta.js';
import {
  type Attempt,
  type OverruledProblem,
  type Push,
  type PushRow,
  type PushState,
  toPush,
} from '../push.js';
import { storedNamesOf } from './upload-records.js';

/** What an intake hands over: everything about a push but its state. */
export interface NewPush {
  visitorId: string;
  connectionId: string;
  type: 'library' | 'provider';
  fileName: string;
  payload: StoredPayload;
  descriptor?: FileDescriptor;
  accountId?: string;
  providerVersion?: string;
  /** What the check refused and the person sent all the same. */
  overruled?: readonly OverruledProblem[];
  idempotencyKey?: string | undefined;
  /** SHA-256 over everything that makes the content: what a repeated `Idempotency-Key` must agree with. */
  contentHash: string;
  /** `needs-reauthorization` where the connection can't be used at the moment. */
  state: 'queued' | 'needs-reauthorization';
  retryBudgetMs: number;
  /** The span that the attempts to deliver it belong to (W3C Trace Context), where there is tracing. */
  traceParent?: string | undefined;
}

/** Bytes of payloads that are kept: one visitor's, and everybody's. */
export interface StoredBytes {
  ofVisitor: number;
  inAll: number;
}

const idsPerQuery = 500;

export const payloadKeyContext = (pushId: string) => `payload key of push ${pushId}`;
export const responseContext = (pushId: string) => `response to push ${pushId}`;

/** What of pushes is kept sealed in the database. */
export const sealedPushColumns: readonly SealedColumn[] = [
  { table: 'payloads', key: 'push_id', column: 'key_sealed', contextOf: payloadKeyContext },
  { table: 'pushes', key: 'id', column: 'response_sealed', contextOf: responseContext },
];

/**
 * The ledger of pushes as visitors see it: accepting, looking up, retrying and cancelling. The dispatcher's side of it
 * is `work-queue.ts`.
 */
export class Ledger {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #now: () => number;

  constructor(database: Database, sealer: Sealer, now: () => number) {
    this.#database = database;
    this.#sealer = sealer;
    this.#now = now;
  }

  /**
   * Commits a push with its payload; when this resolves, nothing is lost any more. A repeated idempotency key gives
   * the push that is already there; the caller discards the payload it brought.
   * @param lease taken from the start (`WorkQueue.firstLease`), where the dispatcher can send it right away
   * @throws AppError IdempotencyConflict when the key was used with other content; ConnectionNotFound when the connection
   *   is gone by now
   */
  async accept(request: NewPush, lease?: Partial<PushRow>): Promise<{ push: Push; isNew: boolean }> {
    const row = { ...this.#newRow(request), ...lease };
    const { payload } = request;
    const keySealed = this.#sealer.seal(payload.key, payloadKeyContext(row.id));
    const { spoolName = null, sealed = null } = payload;
    const rows = await commitTogether(this.#database, [
      {
        ...insertOf('pushes', row, 'on conflict (visitor_id, idempotency_key) do nothing returning id'),
        withoutRow: 'stop',
      },
      // Disconnected or forgotten while the file was on its way in: nothing may stay behind that nobody owns.
      {
        ...{ sql: 'select id from connections where id = ?', values: [row.connection_id] },
        withoutRow: 'undo',
      },
      insertOf('payloads', {
        ...{ push_id: row.id, visitor_id: row.visitor_id, size: row.size },
        ...{ spool_name: spoolName, sealed, key_sealed: keySealed },
      }),
    ]);
    if (rows === undefined) throw new AppError('ConnectionNotFound');
    const isNew = rows.length > 1;
    if (isNew) return { push: toPush(row), isNew };
    const existing = await this.#database<PushRow>('pushes')
      .where({ visitor_id: request.visitorId, idempotency_key: row.idempotency_key })
      .first();
    if (existing === undefined || existing.content_hash !== request.contentHash)
      throw new AppError('IdempotencyConflict');
    return { push: toPush(existing), isNew };
  }

  #newRow(request: NewPush): PushRow {
    const now = this.#now();
    return {
      id: randomUUID(),
      visitor_id: request.visitorId,
      connection_id: request.connectionId,
      type: request.type,
      state: request.state,
      file_name: request.fileName,
      size: request.payload.size,
      sha256: request.payload.sha256,
      descriptor: request.descriptor ? JSON.stringify(request.descriptor) : null,
      account_id: request.accountId ?? null,
      provider_version: request.providerVersion ?? null,
      overruled: request.overruled ? JSON.stringify(request.overruled) : null,
      attempts: 0,
      next_attempt_at: request.state === 'queued' ? now : null,
      give_up_at: now + request.retryBudgetMs,
      lease_owner: null,
      lease_until: null,
      possibly_duplicated: false,
      last_error: null,
      idempotency_key: request.idempotencyKey ?? null,
      content_hash: request.contentHash,
      trace_parent: request.traceParent ?? null,
      created_at: now,
      updated_at: now,
      delivered_at: null,
    };
  }

  /** The visitor's own push; `undefined` for anybody else's just as for none. */
  async find(visitorId: string, id: string): Promise<Push | undefined> {
    if (!isRowId(id)) return undefined;
    const row = await this.#database<PushRow>('pushes').where({ visitor_id: visitorId, id }).first();
    return row && toPush(row);
  }

  /** The newest first; `before` is the `createdAt` of the last one of the page before. */
  async list(visitorId: string, options: { limit: number; before?: number | undefined }): Promise<Push[]> {
    const query = this.#database<PushRow>('pushes')
      .where('visitor_id', visitorId)
      .orderBy([{ column: 'created_at', order: 'desc' }, { column: 'id' }])
      .limit(options.limit);
    if (options.before !== undefined) query.andWhere('created_at', '<', options.before);
    return (await query).map(toPush);
  }

  /** Pushes of the visitor that are neither delivered nor given up; of one connection, where one is named. */
  async waiting(visitorId: string, connectionId?: string): Promise<Push[]> {
    const query = this.#database<PushRow>('pushes')
      .where('visitor_id', visitorId)
      .whereIn('state', ['queued', 'pushing', 'needs-reauthorization']);
    if (connectionId !== undefined) query.andWhere('connection_id', connectionId);
    return (await query.orderBy('created_at')).map(toPush);
  }

  /** Of each push that is there, a text that differs after every change. */
  async versionsOf(pushIds: readonly string[]): Promise<Map<string, string>> {
    const versions = new Map<string, string>();
    for (let at = 0; at < pushIds.length; at += idsPerQuery) {
      const rows = await this.#database('pushes')
        .whereIn('id', pushIds.slice(at, at + idsPerQuery))
        .select('id', 'state', 'attempts', 'updated_at');
      for (const row of rows) versions.set(row.id, `${row.state} ${row.attempts} ${row.updated_at}`);
    }
    return versions;
  }

  async attemptsOf(pushId: string): Promise<Attempt[]> {
    const rows = await this.#database('attempts').where('push_id', pushId).orderBy('number');
    return rows.map((row) => ({
      number: row.number,
      startedAt: row.started_at,
      ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
      ...(row.status !== null && { status: row.status }),
      ...(row.code !== null && { code: row.code }),
      ...(row.message !== null && { message: row.message }),
      ...(row.reference !== null && { reference: row.reference }),
    }));
  }

  /** What the provider answered, as JSON, where it answered with something. */
  async responseOf(pushId: string): Promise<unknown> {
    const row = await this.#database('pushes').where('id', pushId).first('response_sealed');
    return row?.response_sealed
      ? JSON.parse(this.#sealer.open(row.response_sealed, responseContext(pushId)).toString())
      : undefined;
  }

  /** Puts a failed push back into the queue with a new budget. @throws AppError NotFound, PushNotRetryable */
  async retry(visitorId: string, id: string, retryBudgetMs: number): Promise<void> {
    const now = this.#now();
    await this.#change(
      visitorId,
      id,
      ['failed', 'queued'],
      { state: 'queued', next_attempt_at: now, give_up_at: now + retryBudgetMs, updated_at: now },
      'PushNotRetryable',
      true,
    );
  }

  /** Takes a push out that is not being sent. @throws AppError NotFound, PushNotCancellable */
  async cancel(visitorId: string, id: string): Promise<void> {
    await this.#change(
      visitorId,
      id,
      ['queued', 'needs-reauthorization', 'failed'],
      { state: 'cancelled', next_attempt_at: null, updated_at: this.#now() },
      'PushNotCancellable',
    );
  }

  async #change(
    visitorId: string,
    id: string,
    from: PushState[],
    to: Partial<PushRow>,
    refusal: 'PushNotRetryable' | 'PushNotCancellable',
    needsPayload = false,
  ): Promise<void> {
    const query = this.#database('pushes').where({ visitor_id: visitorId, id }).whereIn('state', from);
    if (needsPayload)
      query.whereExists(this.#database('payloads').select(1).whereRaw('payloads.push_id = pushes.id'));
    if ((await query.update(to)) === 1) return;
    throw new AppError((await this.find(visitorId, id)) === undefined ? 'NotFound' : refusal);
  }

  /** Bytes of payloads that are kept at present. */
  async storedBytes(visitorId: string): Promise<StoredBytes> {
    const sum = this.#database.raw(
      'coalesce(sum(case when visitor_id = ? then size else 0 end), 0) as of_visitor, coalesce(sum(size), 0) as in_all',
      [visitorId],
    );
    // By the payloads themselves: a failed push whose payload was given up takes no room any more.
    const row = await this.#database('payloads').select(sum).first();
    // Uploads that are not complete yet: all of what they are going to be.
    const open = await this.#database('uploads').whereNull('push_id').select(sum).first();
    return {
      ofVisitor: Number(row.of_visitor) + Number(open.of_visitor),
      inAll: Number(row.in_all) + Number(open.in_all),
    };
  }

  /** Deletes all pushes of the visitor, and uploads that are not complete. @returns names in the spool that can be removed now */
  async forget(visitorId: string): Promise<string[]> {
    return this.#database.transaction(async (transaction) => {
      const ids = transaction('pushes').select('id').where('visitor_id', visitorId);
      const files = await transaction('payloads')
        .whereIn('push_id', ids)
        .whereNotNull('spool_name')
        .pluck('spool_name');
      await transaction('payloads').whereIn('push_id', ids).delete();
      await transaction('attempts').whereIn('push_id', ids).delete();
      await transaction('pushes').where('visitor_id', visitorId).delete();
      const uploads = () => transaction('uploads').where('visitor_id', visitorId);
      const begun = await uploads().select('spool_name', 'parts');
      await uploads().delete();
      return [...files, ...begun.flatMap(storedNamesOf)];
    });
  }
}
