import { randomBytes, randomUUID } from 'node:crypto';
import {
  commitTogether,
  type Database,
  type ResumableProgress,
  type SealedColumn,
  type Sealer,
  statementOf,
} from '../../storage/index.js';

/** An upload that is not complete by then is removed; also how long a completed one is remembered. */
export const uploadExpiryMs = 24 * 3_600_000;

/** What the client said about an upload when it began, as `Upload-Metadata` of tus has it. */
export type UploadMetadata = Readonly<Record<string, string | null>>;

/** One upload that comes in several goes. Times are Unix milliseconds, sizes bytes. */
export interface UploadRecord {
  readonly id: string;
  readonly visitorId: string;
  readonly connectionId: string;
  readonly size: number;
  readonly progress: ResumableProgress;
  readonly metadata: UploadMetadata;
  readonly key: Buffer;
  /** `undefined` once the push has taken the payload over. */
  readonly spoolName: string | undefined;
  readonly pushId: string | undefined;
  readonly createdAt: number;
}

interface UploadRow {
  id: string;
  visitor_id: string;
  connection_id: string;
  size: number;
  segments: number;
  tail_sealed: string | null;
  tail_bytes: number;
  facts_sealed: string;
  key_sealed: string;
  spool_name: string | null;
  parts: string;
  holder: string | null;
  push_id: string | null;
  created_at: number;
}

const factsContext = (id: string) => `facts of upload ${id}`;
const keyContext = (id: string) => `payload key of upload ${id}`;
const tailContext = (id: string) => `tail of upload ${id}`;

/** What of uploads is kept sealed in the database. */
export const sealedUploadColumns: readonly SealedColumn[] = [
  { table: 'uploads', key: 'id', column: 'facts_sealed', contextOf: factsContext },
  { table: 'uploads', key: 'id', column: 'key_sealed', contextOf: keyContext },
  { table: 'uploads', key: 'id', column: 'tail_sealed', contextOf: tailContext },
];

/** The ledger of uploads that are not complete yet, and for a while of those that are. */
export class UploadRecords {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #now: () => number;

  constructor(database: Database, sealer: Sealer, now: () => number) {
    this.#database = database;
    this.#sealer = sealer;
    this.#now = now;
  }

  async add(upload: {
    visitorId: string;
    connectionId: string;
    size: number;
    metadata: UploadMetadata;
  }): Promise<string> {
    const id = randomUUID();
    await this.#database<UploadRow>('uploads').insert({
      id,
      visitor_id: upload.visitorId,
      connection_id: upload.connectionId,
      size: upload.size,
      segments: 0,
      tail_sealed: null,
      tail_bytes: 0,
      facts_sealed: this.#sealer.seal(JSON.stringify(upload.metadata), factsContext(id)),
      key_sealed: this.#sealer.seal(randomBytes(32), keyContext(id)),
      spool_name: randomUUID(),
      parts: '[]',
      holder: null,
      push_id: null,
      created_at: this.#now(),
    });
    return id;
  }

  /** The visitor's own upload; `undefined` for anybody else's just as for none. */
  async find(visitorId: string, id: string): Promise<UploadRecord | undefined> {
    const row = await this.#database<UploadRow>('uploads').where({ visitor_id: visitorId, id }).first();
    if (row === undefined) return undefined;
    const tail =
      row.tail_sealed === null ? Buffer.alloc(0) : this.#sealer.open(row.tail_sealed, tailContext(id));
    return {
      id,
      visitorId,
      connectionId: row.connection_id,
      size: row.size,
      progress: { segments: row.segments, tail, parts: partsIn(row) },
      metadata: JSON.parse(
        this.#sealer.open(row.facts_sealed, factsContext(id)).toString(),
      ) as UploadMetadata,
      key: this.#sealer.open(row.key_sealed, keyContext(id)),
      spoolName: row.spool_name ?? undefined,
      pushId: row.push_id ?? undefined,
      createdAt: row.created_at,
    };
  }

  /** How many of the visitor's uploads are not complete. */
  async countOpen(visitorId: string): Promise<number> {
    const row = await this.#database('uploads')
      .where('visitor_id', visitorId)
      .whereNull('push_id')
      .count('* as count')
      .first();
    return Number(row?.count ?? 0);
  }

  /** Who receives the upload now: what `hold` was given last. */
  async holderOf(id: string): Promise<string | undefined> {
    const row = await this.#database<UploadRow>('uploads').where({ id }).first('holder');
    return row?.holder ?? undefined;
  }

  /** From now on only what comes with `holder` is kept. */
  async hold(id: string, holder: string): Promise<void> {
    await this.#database('uploads').where({ id }).update({ holder });
  }

  async letGo(id: string, holder: string): Promise<void> {
    await this.#database('uploads').where({ id, holder }).update({ holder: null });
  }

  /**
   * Promises that this much has arrived.
   * @param holder as `hold` was told; none where only one process is there
   * @returns whether the upload is still there, and nobody else holds it
   */
  async keepProgress(
    id: string,
    { segments, tail, parts }: ResumableProgress,
    holder?: string,
  ): Promise<boolean> {
    const progress = this.#database('uploads')
      .where({ id, holder: holder ?? null })
      .update({
        segments,
        parts: JSON.stringify(parts),
        tail_bytes: tail.length,
        tail_sealed: tail.length === 0 ? null : this.#sealer.seal(tail, tailContext(id)),
      })
      .returning('id');
    const rows = await commitTogether(this.#database, [statementOf(progress)]);
    return rows?.[0]?.length === 1;
  }

  /** The payload belongs to the push now; what is left answers a client that asks again. */
  async complete(id: string, pushId: string): Promise<void> {
    await this.#database('uploads')
      .where({ id })
      .update({ push_id: pushId, spool_name: null, parts: '[]', tail_sealed: null });
  }

  /** @returns names in the store that can be removed now */
  async remove(id: string): Promise<string[]> {
    const row = await this.#database<UploadRow>('uploads').where({ id }).first('spool_name', 'parts');
    const removed = await this.#database('uploads').where({ id }).delete();
    return removed === 1 && row !== undefined ? storedNamesOf(row) : [];
  }
}

const partsIn = ({ parts }: Pick<UploadRow, 'parts'>): string[] => JSON.parse(parts);

/** Everything in the store that belongs to a row of `uploads`. */
export const storedNamesOf = (row: Pick<UploadRow, 'spool_name' | 'parts'>): string[] => [
  ...(row.spool_name === null ? [] : [row.spool_name]),
  ...partsIn(row),
];
