import { asAppError } from '../web/index.js';
import type { Connection, ConnectionAccount } from './connections.js';
import type { OnboardingParts } from './parts.js';
import { contractFor } from './start-authorization.js';

/**
 * Finds the account that the callback's `accountReference` names and gives it to the connection. The reference is
 * opaque input: it only chooses among the accounts that digi.me lists for this very token. What can't be found now
 * (no such account, digi.me away) does not undo the connection; the page for provider pushes lets the person choose.
 * @returns the account, where one was found
 */
export async function findAccount(
  parts: OnboardingParts,
  connection: Connection,
  accountReference: string | undefined,
): Promise<ConnectionAccount | undefined> {
  if (accountReference === undefined) return undefined;
  try {
    const { accounts } = await parts.sdk.readAccounts({
      contractDetails: contractFor(parts, connection.type),
      ...(await parts.tokens.actFor(connection.id)),
      onExchange: parts.recorder.exchangesOf(connection.visitorId),
    });
    const found = accounts.find((account) => account.reference === accountReference);
    if (found === undefined) return undefined;
    const account = {
      id: found.id,
      reference: found.reference,
      name: found.serviceProviderName ?? found.serviceTypeName ?? found.username ?? '',
    };
    await parts.connections.setAccount(connection.id, account);
    return account;
  } catch (error) {
    parts.log.warn({ err: asAppError(error) }, 'the account could not be looked up; the connection is kept');
    return undefined;
  }
}
