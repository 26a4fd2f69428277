import type { Database } from './database.js';
import { createSealer } from './sealing.js';

/** A column that holds sealed values. */
export interface SealedColumn {
  readonly table: string;
  /** The column that names the row. */
  readonly key: string;
  readonly column: string;
  /** What the value of a row is sealed for. */
  contextOf(key: string): string;
}

const stepLength = 200;

export interface Resealed {
  /** Sealed anew, with the secret that counts now. */
  resealed: number;
  /** Opened by neither secret; left as they are. */
  unreadable: number;
}

/**
 * Seals everything with `appSecret` that is still sealed with `previous`. It may run beside the app: a value that changes
 * meanwhile is left to whoever changed it.
 */
export async function reseal(
  database: Database,
  columns: readonly SealedColumn[],
  { appSecret, previous }: { appSecret: string; previous: string },
): Promise<Resealed> {
  const current = createSealer(appSecret);
  const before = createSealer(previous);
  const counts: Resealed = { resealed: 0, unreadable: 0 };
  const opens = (open: () => unknown) => {
    try {
      open();
      return true;
    } catch {
      return false;
    }
  };
  for (const { table, key, column, contextOf } of columns) {
    for (let last = ''; ; ) {
      const rows = await database(table)
        .where(key, '>', last)
        .whereNotNull(column)
        .orderBy(key)
        .limit(stepLength)
        .select({ id: key, value: column });
      for (const { id, value } of rows) {
        const context = contextOf(id);
        if (opens(() => current.open(value, context))) continue;
        if (opens(() => before.open(value, context))) {
          const anew = current.seal(before.open(value, context), context);
          counts.resealed += await database(table)
            .where({ [key]: id, [column]: value })
            .update({ [column]: anew });
        } else counts.unreadable++;
      }
      if (rows.length === 0) break;
      last = rows.at(-1)?.id;
    }
  }
  return counts;
}
