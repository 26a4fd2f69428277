import { AppError } from '../errors.js';
import { runOn, type SqliteConnection, type Statement } from './sqlite-connection.js';
import { asStorageError } from './storage-error.js';

/** A statement of a script, and what follows when it gives no row: the rest is left out, or all of the script is undone. */
export interface Step extends Statement {
  readonly withoutRow?: 'stop' | 'undo';
}

/** Statements that take effect together, one after the other. */
export type Script = readonly Step[];

type Row = Record<string, unknown>;
/** The rows of each step that was run: fewer than there are steps where one of them said stop. */
export type Rows = Row[][];

/** How a script ended. */
export type Outcome = { readonly rows: Rows } | { readonly undone: true } | { readonly failure: unknown };

/** Thrown inside, so that the transaction is rolled back. */
export class Undone extends Error {
  override readonly name = 'Undone';
}

/** What follows from a step that gave these rows. @returns whether the script goes on @throws Undone */
export function goesOn({ withoutRow }: Step, rows: readonly unknown[]): boolean {
  if (rows.length > 0 || withoutRow === undefined) return true;
  if (withoutRow === 'undo') throw new Undone();
  return false;
}

/**
 * Runs scripts in one transaction of SQLite: they share the fsync of its commit. When one of them fails or is undone the
 * transaction is rolled back and each runs in one of its own, so that nobody fails for another one's sake; when the
 * storage itself fails, all of them do.
 */
export function commitBatch(connection: SqliteConnection, scripts: readonly Script[]): Outcome[] {
  try {
    return inTransaction(connection, () =>
      scripts.map((script) => ({ rows: runScript(connection, script) })),
    );
  } catch (error) {
    // Of the storage's own failures each further try would wait for the lock or the disk anew.
    if (scripts.length > 1 && !(asStorageError(error) instanceof AppError))
      return scripts.flatMap((script) => commitBatch(connection, [script]));
    const outcome = error instanceof Undone ? ({ undone: true } as const) : { failure: error };
    return scripts.map(() => outcome);
  }
}

function runScript(connection: SqliteConnection, script: Script): Rows {
  const all: Rows = [];
  for (const step of script) {
    const rows = runOn<Row>(connection, step);
    all.push(rows);
    if (!goesOn(step, rows)) break;
  }
  return all;
}

function inTransaction<T>(connection: SqliteConnection, work: () => T): T {
  const run = (sql: string) => runOn(connection, { sql, values: [] });
  try {
    run('begin immediate');
    const result = work();
    run('commit');
    return result;
  } catch (error) {
    if (connection.inTransaction) run('rollback');
    throw error;
  }
}
