import { type Connection, type ConnectionCalls, groupByLibrary } from '../connections/index.js';
import type { Account, DigiMe } from '../digime/index.js';
import { AppError } from '../errors.js';

/** The connections of one visitor to one library, and the accounts that digi.me lists behind them. */
export interface LibraryAccounts {
  readonly connections: readonly Connection[];
  readonly accounts: readonly Account[];
  /** Why the accounts could not be read, where that is so. */
  readonly failure?: AppError;
}

/** Reads accounts from digi.me for the connections of one visitor. */
export class AccountReader {
  readonly #sdk: DigiMe;
  readonly #calls: ConnectionCalls;

  constructor(sdk: DigiMe, calls: ConnectionCalls) {
    this.#sdk = sdk;
    this.#calls = calls;
  }

  /** Reads the accounts of each library once. One that fails says so in its place. */
  readLibraries(connections: readonly Connection[]): Promise<LibraryAccounts[]> {
    return Promise.all(
      groupByLibrary(connections).map(async (group): Promise<LibraryAccounts> => {
        try {
          const { accounts } = await this.#calls.actWithAny(group, (call) => this.#sdk.readAccounts(call));
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
  async find(
    connections: readonly Connection[],
    accountId: string,
  ): Promise<{ account: Account; connections: readonly Connection[] }> {
    const libraries = await this.readLibraries(connections);
    for (const library of libraries) {
      const account = library.accounts.find(({ id }) => id === accountId);
      if (account !== undefined) return { account, connections: library.connections };
    }
    throw libraries.find(({ failure }) => failure)?.failure ?? new AppError('AccountNotFound');
  }
}
