/** SQL that both databases understand, with `?` for its values. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What is used of better-sqlite3's connection. */
export interface SqliteConnection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  pragma(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

interface SqliteStatement {
  /** Whether it gives rows. */
  readonly reader: boolean;
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): unknown;
}

const rememberedStatements = 300;

/** Knex prepares each query anew, which costs as much as running it; SQLite itself re-prepares after a change of tables. */
export function rememberStatements(connection: SqliteConnection): void {
  const prepare = connection.prepare.bind(connection);
  const statements = new Map<string, SqliteStatement>();
  connection.prepare = (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= rememberedStatements) statements.clear();
    const statement = prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}

/** Runs one statement at once. @returns its rows, where it gives any */
export function runOn<Row>(connection: SqliteConnection, { sql, values }: Statement): Row[] {
  const statement = connection.prepare(sql);
  const bound = values.map(asSqlite);
  if (statement.reader) return statement.all(...bound) as Row[];
  statement.run(...bound);
  return [];
}

/** SQLite has no truth values, and its driver refuses them. */
const asSqlite = (value: unknown) => {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? Number(value) : value;
};

const live = new WeakMap<object, { connection?: SqliteConnection }>();

/** Remembers where the one connection of an embedded database is found. */
export const setLiveConnection = (database: object, holder: { connection?: SqliteConnection }): void =>
  void live.set(database, holder);

/** The one connection of an embedded database, as soon as there is one. */
export const liveConnection = (database: object): SqliteConnection | undefined =>
  live.get(database)?.connection;
