import type { Knex } from 'knex';
import { type Database, isShared } from './database.js';
import { liveConnection, runOn, type Statement } from './sqlite-connection.js';

/**
 * Reads rows with one statement. The statements of every push go this way and through `commitTogether`: to build a query with Knex
 * takes several times as long as SQLite takes to answer it. In SQLite it is answered at once, unless a transaction is open
 * on the one connection: then it waits for its turn, or it would see what may never be committed.
 */
export async function readRows<Row>(database: Database, statement: Statement): Promise<Row[]> {
  const connection = isShared(database) ? undefined : liveConnection(database);
  if (connection?.open && !connection.inTransaction) return runOn<Row>(connection, statement);
  return runByKnex<Row>(database, statement);
}

/** Runs one statement through Knex, or in a transaction of it. @returns its rows, where it gives any (`returning`) */
export async function runByKnex<Row>(knex: Knex, { sql, values }: Statement): Promise<Row[]> {
  const answer = await knex.raw(sql, values as Knex.RawBinding[]);
  return Array.isArray(answer) ? answer : (answer.rows ?? []);
}

/** What Knex would send for this query. */
export function statementOf(query: Knex.QueryBuilder): Statement {
  const { sql, bindings } = query.toSQL();
  return { sql, values: bindings };
}

/** Inserts a row; `more` follows it (`returning`, `on conflict`). Values may be raw SQL of Knex. */
export function insertOf(table: string, row: object, more = ''): Statement {
  const columns = Object.entries(row).map(([name, value]) => placed(name, value));
  return {
    sql: `insert into ${table} (${columns.map(({ name }) => name).join(', ')}) values (${columns.map(({ sql }) => sql).join(', ')}) ${more}`,
    values: columns.flatMap(({ values }) => values),
  };
}

/** Updates the rows that have all of `where`'s values. */
export function updateOf(table: string, changes: object, where: object, more = ''): Statement {
  const set = Object.entries(changes).map(([name, value]) => placed(name, value));
  const conditions = Object.entries(where).map(([name, value]) => placed(name, value));
  const equal = ({ name, sql }: Placed) => `${name} = ${sql}`;
  // In SQL nothing equals null.
  if (Object.values(where).includes(null)) throw new Error('a row is not found by a value that it lacks');
  return {
    sql: `update ${table} set ${set.map(equal).join(', ')} where ${conditions.map(equal).join(' and ')} ${more}`,
    values: [...set, ...conditions].flatMap(({ values }) => values),
  };
}

interface Placed {
  readonly name: string;
  readonly sql: string;
  readonly values: readonly unknown[];
}

function placed(name: string, value: unknown): Placed {
  const isRaw = typeof value === 'object' && value !== null && 'toSQL' in value;
  if (!isRaw) return { name, sql: '?', values: [value] };
  const { sql, bindings } = (value as Knex.Raw).toSQL();
  return { name, sql, values: bindings };
}
