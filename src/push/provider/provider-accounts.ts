import {
  type Connection,
  type ConnectionAccount,
  listAccounts,
  toConnectionAccount,
} from '../../connections/index.js';
import { AppError } from '../../errors.js';
import { asAppError } from '../../web/index.js';
import type { ProviderParts } from './provider-parts.js';

/**
 * The accounts of a connection that a push can go to, as digi.me lists them now. Accounts of sources that are only
 * read are left out where the platform tells them apart (`type` `PUSH`).
 * @throws AppError DigimeUnreachable, DigimeRefused, TokenRefused, ConnectionNotFound
 */
export async function pushAccounts(
  parts: ProviderParts,
  connection: Connection,
): Promise<ConnectionAccount[]> {
  const accounts = await listAccounts(parts, connection).catch((error) => Promise.reject(asAppError(error)));
  const takingPushes = accounts.filter(({ type }) => type === 'PUSH');
  return (takingPushes.length > 0 ? takingPushes : accounts).map(toConnectionAccount);
}

const notFound = (message: string) =>
  new AppError('AccountNotFound', { details: [{ path: 'accountId', message }] });

/**
 * The account that a push is for: the one named, which must be among the connection's, else the connection's own. A
 * connection whose account is not known takes the first one that is named as its own.
 * @returns its id
 * @throws AppError AccountNotFound, and as `pushAccounts`
 */
export async function accountFor(
  parts: ProviderParts,
  connection: Connection,
  wanted: string | undefined,
): Promise<string> {
  if (wanted === undefined && connection.account === undefined) throw notFound('provider:account.needed');
  if (connection.account !== undefined && (wanted ?? connection.account.id) === connection.account.id)
    return connection.account.id;
  const found = (await pushAccounts(parts, connection)).find(({ id }) => id === wanted);
  if (found === undefined) throw notFound('provider:account.foreign');
  if (connection.account === undefined) await parts.connections.setAccount(connection.id, found);
  return found.id;
}

/** Makes one of the connection's accounts its own. @throws as `accountFor` */
export async function chooseAccount(
  parts: ProviderParts,
  connection: Connection,
  wanted: string | undefined,
): Promise<void> {
  if (wanted === undefined) throw notFound('provider:account.needed');
  const found = (await pushAccounts(parts, connection)).find(({ id }) => id === wanted);
  if (found === undefined) throw notFound('provider:account.foreign');
  await parts.connections.setAccount(connection.id, found);
}
