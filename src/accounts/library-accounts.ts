import { type Connection, contractFor } from '../connections/index.js';
import type { Account } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { OnboardingParts } from '../onboarding/index.js';
import { asAppError } from '../web/index.js';

/** The connections of one visitor to one library, and the accounts that digi.me lists behind them. */
export interface LibraryAccounts {
  readonly connections: readonly Connection[];
  readonly accounts: readonly Account[];
  /** Why the accounts could not be read, where that is so. */
  readonly failure?: AppError;
}

/** What a call for one connection is made with; spread into the call's arguments. */
export type ConnectionCall = Awaited<ReturnType<typeof callFor>>;

export async function callFor(parts: OnboardingParts, connection: Connection) {
  return {
    contractDetails: contractFor(parts, connection.type),
    ...(await parts.tokens.actFor(connection.id)),
    onExchange: parts.recorder.exchangesOf(connection.visitorId),
  };
}

/** The usable connections first, and among them those that write: an account is pushed to by one of those. */
function inOrderOfUse(connections: readonly Connection[]): Connection[] {
  const rank = ({ state, type }: Connection) => (state === 'active' ? 0 : 2) + (type === 'read' ? 1 : 0);
  return [...connections].sort((a, b) => rank(a) - rank(b));
}

/**
 * Makes a call with the first of these connections whose permission digi.me accepts.
 * @throws AppError TokenRefused when it accepts none; any other refusal at once
 */
export async function withAnyConnection<T>(
  parts: OnboardingParts,
  connections: readonly Connection[],
  use: (call: ConnectionCall) => Promise<T>,
): Promise<T> {
  let refusal: unknown = new AppError('ConnectionNotFound');
  for (const connection of inOrderOfUse(connections)) {
    try {
      return await use(await callFor(parts, connection));
    } catch (error) {
      refusal = asAppError(error);
      const mayTryNext = refusal instanceof AppError && refusal.platform?.code === 'InvalidToken';
      if (!mayTryNext) throw refusal;
    }
  }
  throw refusal;
}

/** Groups the visitor's connections by library and reads the accounts of each once. One that fails says so in its place. */
export async function readLibraryAccounts(
  parts: OnboardingParts,
  connections: readonly Connection[],
): Promise<LibraryAccounts[]> {
  const groups = new Map<string, Connection[]>();
  for (const connection of connections) {
    const library = connection.userId ?? `of connection ${connection.id}`;
    groups.set(library, [...(groups.get(library) ?? []), connection]);
  }
  return Promise.all(
    [...groups.values()].map(async (group): Promise<LibraryAccounts> => {
      try {
        const { accounts } = await withAnyConnection(parts, group, (call) => parts.sdk.readAccounts(call));
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
