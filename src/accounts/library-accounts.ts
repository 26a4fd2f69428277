import { type Connection, groupByLibrary } from '../connections/index.js';
import type { Account } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { OnboardingParts } from '../onboarding/index.js';

/** The connections of one visitor to one library, and the accounts that digi.me lists behind them. */
export interface LibraryAccounts {
  readonly connections: readonly Connection[];
  readonly accounts: readonly Account[];
  /** Why the accounts could not be read, where that is so. */
  readonly failure?: AppError;
}

/** Groups the visitor's connections by library and reads the accounts of each once. One that fails says so in its place. */
export async function readLibraryAccounts(
  parts: OnboardingParts,
  connections: readonly Connection[],
): Promise<LibraryAccounts[]> {
  return Promise.all(
    groupByLibrary(connections).map(async (group): Promise<LibraryAccounts> => {
      try {
        const { accounts } = await parts.calls.actWithAny(group, (call) => parts.sdk.readAccounts(call));
        return { connections: group, accounts };
      } catch (error) {
        if (error instanceof AppError) return { connections: group, accounts: [], failure: error };
        throw error;
      }
    }),
  );
}

/**
 * One account of the visitor, with the connections that reach it.
 * @throws AppError AccountNotFound, also for an account of somebody else; or why the accounts could not be read
 */
export async function findOwnAccount(
  parts: OnboardingParts,
  connections: readonly Connection[],
  accountId: string,
): Promise<{ account: Account; connections: readonly Connection[] }> {
  const libraries = await readLibraryAccounts(parts, connections);
  for (const library of libraries) {
    const account = library.accounts.find(({ id }) => id === accountId);
    if (account !== undefined) return { account, connections: library.connections };
  }
  throw libraries.find(({ failure }) => failure)?.failure ?? new AppError('AccountNotFound');
}
