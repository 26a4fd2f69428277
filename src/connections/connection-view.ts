import type { Translate } from '../web/index.js';
import type { Connection, ConnectionState, ConnectionType } from './connections.js';

/** A connection as pages and scripts see it. */
export interface ConnectionView {
  id: string;
  type: ConnectionType;
  label: string;
  state: ConnectionState;
  createdAt: number;
  /** When it is dropped unless the visitor comes back before; Unix milliseconds. */
  keptUntil: number;
  accountId?: string;
  accountName?: string;
}

/** What a connection is called on pages; also for one that is gone. */
export function connectionLabel(t: Translate, connection: Connection | undefined): string {
  if (connection === undefined) return t('connections:gone');
  const kind = t(`connections:${connection.type}`);
  return connection.account?.name ? `${kind}: ${connection.account.name}` : kind;
}

export function connectionView(t: Translate, connection: Connection): ConnectionView {
  const { id, type, state, createdAt, keptUntil, account } = connection;
  return {
    id,
    type,
    label: connectionLabel(t, connection),
    state,
    createdAt,
    keptUntil,
    ...(account && { accountId: account.id, accountName: account.name }),
  };
}
