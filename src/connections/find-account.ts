import type { Account, DigiMe } from '../digime/index.js';
import { asAppError, type Logger } from '../web/index.js';
import type { ConnectionCalls } from './connection-calls.js';
import type { Connection, ConnectionAccount, Connections } from './connections.js';

/** What is kept of an account, under the name that people know its source by. */
export const toConnectionAccount = (account: Account): ConnectionAccount => ({
  id: account.id,
  reference: account.reference,
  name: account.serviceProviderName ?? account.serviceTypeName ?? account.username ?? '',
});

/**
 * The accounts that digi.me lists for this connection's token.
 * @throws what the client throws (`asAppError` turns it into an answer), AppError ConnectionNotFound
 */
export async function listAccounts(
  { sdk, calls }: { readonly sdk: DigiMe; readonly calls: ConnectionCalls },
  connection: Connection,
): Promise<Account[]> {
  const { accounts } = await calls.act(connection, (call) => sdk.readAccounts(call));
  return accounts;
}

/**
 * Finds the account that the callback's `accountReference` names and gives it to the connection. The reference is
 * opaque input: it only chooses among the accounts that digi.me lists for this very token, and only where exactly one
 * of them has it. What can't be told now (no such account, several, digi.me away) does not undo the connection; the
 * page for provider pushes lets the person choose. A connection that is renewed keeps the account it has: the callback
 * of a reauthorization may name any of the person's accounts.
 * @returns the account, where one was found
 */
export async function findAccount(
  parts: {
    readonly sdk: DigiMe;
    readonly calls: ConnectionCalls;
    readonly connections: Connections;
    readonly log: Logger;
  },
  connection: Connection,
  accountReference: string | undefined,
): Promise<ConnectionAccount | undefined> {
  if (connection.account !== undefined) return connection.account;
  if (accountReference === undefined) return undefined;
  try {
    const named = (await listAccounts(parts, connection)).filter(
      ({ reference }) => reference === accountReference,
    );
    const [found] = named;
    if (found === undefined || named.length > 1) {
      parts.log.warn(
        { connection: connection.id, accounts: named.length },
        'the account reference of a callback names no account, or several',
      );
      return undefined;
    }
    const account = toConnectionAccount(found);
    await parts.connections.setAccount(connection.id, account);
    return account;
  } catch (error) {
    parts.log.warn({ err: asAppError(error) }, 'the account could not be looked up; the connection is kept');
    return undefined;
  }
}
