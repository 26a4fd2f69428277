import type { Database } from '../storage/index.js';

/** A push of the visitor as the library needs it. */
export interface PushedFile {
  readonly id: string;
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
}

/** What a push said about its file. */
export interface PushedDescriptor {
  readonly mimeType?: string;
  readonly accounts?: readonly { readonly accountId: string }[];
  readonly reference?: readonly string[];
  readonly tags?: readonly string[];
}

interface Row {
  id: string;
  file_name: string;
  size: number;
  sha256: string;
}

const toPushedFile = (row: Row): PushedFile => ({
  id: row.id,
  fileName: row.file_name,
  size: row.size,
  sha256: row.sha256,
});

const maxHashesPerQuery = 200;
const maxLarge = 500;

/** What a visitor pushed to a library, looked up by its bytes. */
export class PushedFiles {
  constructor(private readonly database: Database) {}

  private rows(visitorId: string) {
    return this.database<
      Row & { visitor_id: string; type: string; state: string; delivered_at: number | null }
    >('pushes').where({ visitor_id: visitorId, type: 'library' });
  }

  /** The visitor's pushes by SHA-256; of several with the same bytes the one delivered last. */
  async bySha256(visitorId: string, hashes: readonly string[]): Promise<Map<string, PushedFile>> {
    const found = new Map<string, PushedFile>();
    const wanted = [...new Set(hashes)];
    for (let at = 0; at < wanted.length; at += maxHashesPerQuery) {
      const rows = await this.rows(visitorId)
        .whereIn('sha256', wanted.slice(at, at + maxHashesPerQuery))
        .select('id', 'file_name', 'size', 'sha256')
        .orderByRaw(
          "case when state = 'delivered' then 1 else 0 end, coalesce(delivered_at, created_at), id",
        );
      for (const row of rows) found.set(row.sha256, toPushedFile(row));
    }
    return found;
  }

  /** The visitor's newest delivered pushes of more than `bytes`, with what they said. */
  async largerThan(
    visitorId: string,
    bytes: number,
  ): Promise<(PushedFile & { descriptor: PushedDescriptor })[]> {
    const rows: (Row & { descriptor: string | null })[] = await this.rows(visitorId)
      .where('state', 'delivered')
      .andWhere('size', '>', bytes)
      .select('id', 'file_name', 'size', 'sha256', 'descriptor')
      .orderBy('created_at', 'desc')
      .limit(maxLarge);
    return rows.map((row) => ({
      ...toPushedFile(row),
      descriptor: JSON.parse(row.descriptor ?? '{}') as PushedDescriptor,
    }));
  }

  /** The largest size among the visitor's pushes of at most `atMost` bytes; `undefined` when there is none. */
  async largestUpTo(visitorId: string, atMost: number): Promise<number | undefined> {
    const row = await this.rows(visitorId).where('size', '<=', atMost).max('size as size').first();
    return (row as { size?: number | null } | undefined)?.size ?? undefined;
  }

  /** When something of the visitor was last delivered, in Unix milliseconds. */
  async lastDeliveredAt(visitorId: string): Promise<number | undefined> {
    const row = await this.rows(visitorId).max('delivered_at as at').first();
    return (row as { at?: number | null } | undefined)?.at ?? undefined;
  }
}
