import { randomUUID } from 'node:crypto';
import type { UserAccessToken } from '../digime/index.js';
import { type Database, isRowId, readRows, type SealedColumn, type Sealer } from '../storage/index.js';

/** `library` and `provider` write, `read` reads the library back. */
export type ConnectionType = 'library' | 'provider' | 'read';
export type ConnectionState = 'active' | 'needs-reauthorization';

/** One authorization that a visitor gave, without its token. Times are Unix milliseconds. */
export interface Connection {
  readonly id: string;
  readonly visitorId: string;
  readonly type: ConnectionType;
  readonly contractId: string;
  /** digi.me's id of the person's library (`sub`), where the platform told it. */
  readonly userId: string | undefined;
  readonly account: ConnectionAccount | undefined;
  readonly state: ConnectionState;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it is dropped unless its visitor comes back before. */
  readonly keptUntil: number;
}

export interface ConnectionAccount {
  readonly id: string;
  readonly reference: string;
  readonly name: string;
}

interface ConnectionRow {
  id: string;
  visitor_id: string;
  type: ConnectionType;
  contract_id: string;
  user_id: string | null;
  account_id: string | null;
  account_reference: string | null;
  account_name: string | null;
  token_sealed: string | null;
  token_version: number;
  state: ConnectionState;
  created_at: number;
  updated_at: number;
  visited_at: number;
}

const toConnection = (row: ConnectionRow, retentionMs: number): Connection => ({
  id: row.id,
  visitorId: row.visitor_id,
  type: row.type,
  contractId: row.contract_id,
  userId: row.user_id ?? undefined,
  account:
    row.account_id === null
      ? undefined
      : { id: row.account_id, reference: row.account_reference ?? '', name: row.account_name ?? '' },
  state: row.state,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  keptUntil: row.visited_at + retentionMs,
});

/** A token as it is stored; `version` changes with each pair that is stored, and is what a later save compares with. */
export interface StoredToken {
  readonly connection: Connection;
  readonly token: UserAccessToken;
  readonly version: number;
}

const sealingContext = (connectionId: string) => `token of connection ${connectionId}`;

/** Where tokens are kept. */
export const sealedTokens: SealedColumn = {
  ...{ table: 'connections', key: 'id', column: 'token_sealed' },
  contextOf: sealingContext,
};

export interface NewConnection {
  visitorId: string;
  type: ConnectionType;
  contractId: string;
  token: UserAccessToken;
}

/**
 * The connections of all visitors to one digi.me (`issuer`, its API address): what was made against another one, for
 * example the sandbox before the app went live, is not seen. Tokens are stored sealed.
 */
export class Connections {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly issuer: string,
    private readonly now: () => number,
    private readonly retentionMs: number,
  ) {}

  private rows() {
    return this.database<ConnectionRow>('connections').where('issuer', this.issuer);
  }

  /** The newest first. */
  async listOf(visitorId: string): Promise<Connection[]> {
    const rows = await readRows<ConnectionRow>(this.database, {
      sql: 'select * from connections where issuer = ? and visitor_id = ? order by updated_at desc',
      values: [this.issuer, visitorId],
    });
    return rows.map((row) => toConnection(row, this.retentionMs));
  }

  /** The visitor's own connection with that id; `undefined` for anybody else's just as for none. */
  async find(visitorId: string, id: string): Promise<Connection | undefined> {
    if (!isRowId(id)) return undefined;
    const row = await this.rows().where({ visitor_id: visitorId, id }).first();
    return row && toConnection(row, this.retentionMs);
  }

  /** A connection by id alone: for work that was already accepted on its visitor's behalf. */
  async get(id: string): Promise<Connection | undefined> {
    const row = await this.row(id);
    return row && toConnection(row, this.retentionMs);
  }

  private async row(id: string): Promise<ConnectionRow | undefined> {
    const [row] = await readRows<ConnectionRow>(this.database, {
      sql: 'select * from connections where issuer = ? and id = ?',
      values: [this.issuer, id],
    });
    return row;
  }

  async add({ visitorId, type, contractId, token }: NewConnection): Promise<Connection> {
    const id = randomUUID();
    const now = this.now();
    await this.database('connections').insert({
      id,
      visitor_id: visitorId,
      type,
      issuer: this.issuer,
      contract_id: contractId,
      user_id: token.user?.id ?? null,
      ...this.sealed(id, token),
      state: 'active',
      created_at: now,
      updated_at: now,
      visited_at: now,
    });
    return {
      id,
      visitorId,
      type,
      contractId,
      userId: token.user?.id,
      account: undefined,
      state: 'active',
      createdAt: now,
      updatedAt: now,
      keptUntil: now + this.retentionMs,
    };
  }

  async setAccount(id: string, account: ConnectionAccount): Promise<void> {
    await this.rows()
      .where('id', id)
      .update({ account_id: account.id, account_reference: account.reference, account_name: account.name });
  }

  /** A connection with its token. @returns `undefined` when either is gone */
  async loadToken(id: string): Promise<StoredToken | undefined> {
    const row = await this.row(id);
    if (!row?.token_sealed) return undefined;
    const token = JSON.parse(this.sealer.open(row.token_sealed, sealingContext(id)).toString());
    return { connection: toConnection(row, this.retentionMs), token, version: row.token_version };
  }

  /**
   * Keeps a refreshed pair in place of the one with `version`, and makes the connection usable again.
   * @returns false when another pair has taken that one's place meanwhile, or the connection is gone: nothing was kept
   */
  async replaceToken(id: string, token: UserAccessToken, version: number): Promise<boolean> {
    const replaced = await this.rows()
      .where({ id, token_version: version })
      .update({ ...this.sealed(id, token), token_version: version + 1, state: 'active' });
    return replaced === 1;
  }

  /**
   * Keeps the pair of a new authorization, whatever was stored before. Only that makes a connection the newest one,
   * which is the default where none is named: what happens to tokens by itself must not send a file elsewhere.
   */
  async renew(id: string, token: UserAccessToken): Promise<void> {
    await this.rows()
      .where('id', id)
      .update({
        ...this.sealed(id, token),
        token_version: this.database.raw('token_version + 1') as never,
        state: 'active',
        updated_at: this.now(),
      });
  }

  private sealed(id: string, token: UserAccessToken) {
    return { token_sealed: this.sealer.seal(JSON.stringify(token), sealingContext(id)) };
  }

  /** Marks a connection whose token with `version` digi.me refused; nothing happens when it has another one by now. */
  async needsReauthorization(id: string, version: number): Promise<void> {
    await this.rows().where({ id, token_version: version }).update({ state: 'needs-reauthorization' });
  }

  /** Takes the mark back: digi.me has just accepted the connection's token. */
  async markUsable(id: string): Promise<void> {
    await this.rows().where('id', id).update({ state: 'active' });
  }

  /** Notes that the visitor is there: what nobody comes back to is removed one day. */
  async noteVisit(visitorId: string): Promise<void> {
    await this.rows().where('visitor_id', visitorId).update({ visited_at: this.now() });
  }

  /** A connection, to whichever digi.me, whose visitor was not here for the time that it is kept. */
  async findUnvisited(): Promise<Connection | undefined> {
    const row = await this.database<ConnectionRow>('connections')
      .where('visited_at', '<', this.now() - this.retentionMs)
      .first();
    return row && toConnection(row, this.retentionMs);
  }

  async remove(id: string): Promise<void> {
    await this.database('connections').where('id', id).delete();
  }

  /** Removes all connections of a visitor, those to another digi.me too (the sandbox, before the app went live). */
  async removeAllOf(visitorId: string): Promise<void> {
    await this.database('connections').where('visitor_id', visitorId).delete();
  }

  /**
   * Takes the right to refresh this connection's token, among all processes that share the database. It lapses by
   * itself after `forMs`, for the case that its owner died.
   */
  async takeRefreshLease(id: string, owner: string, forMs: number): Promise<boolean> {
    const now = this.now();
    const taken = await this.database('connections')
      .where('id', id)
      .andWhere((free) =>
        free
          .whereNull('refresh_owner')
          .orWhere('refresh_until', '<', now)
          .orWhere('refresh_until', '>', now + 2 * forMs),
      )
      .update({ refresh_owner: owner, refresh_until: now + forMs });
    return taken === 1;
  }

  async releaseRefreshLease(id: string, owner: string): Promise<void> {
    await this.database('connections')
      .where({ id, refresh_owner: owner })
      .update({ refresh_owner: null, refresh_until: null });
  }
}
