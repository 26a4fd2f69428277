import type { ContractDetails, Contracts } from '../config/index.js';
import type { UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { CallHooks, Recorder } from '../inspector/index.js';
import { asAppError, isTokenRefusal } from '../web/index.js';
import type { Connection, Connections } from './connections.js';
import { contractFor } from './contract-for.js';
import { TokenRefreshes } from './token-refreshes.js';

/** What a call of the digi.me client needs to act for a connection; spread it into the call's arguments. */
export interface ConnectionCall extends CallHooks {
  readonly contractDetails: ContractDetails;
  readonly userAccessToken: UserAccessToken;
  onAccessTokenRefresh(
    refresh: () => Promise<UserAccessToken>,
    stale: UserAccessToken,
  ): Promise<UserAccessToken>;
  /** Learns which token the call went on with. Nothing is saved here: that was done under the refresh lock. */
  onAccessTokenChange(fresh: UserAccessToken): void;
}

/** A connection, and the push that a call is made for, where it is for one. */
type ActingFor = Pick<Connection, 'id'> & { readonly push?: string };

export interface ConnectionCallsOptions {
  readonly connections: Connections;
  readonly contracts: Contracts;
  readonly recorder: Recorder;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Makes calls to digi.me for a connection: with its contract, its token (refreshed once where needed, saved before it
 * is used) and the visitor's recorder. Where digi.me refuses the token for good, the connection is marked.
 */
export class ConnectionCalls {
  readonly #connections: Connections;
  readonly #contracts: Contracts;
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #refreshes: TokenRefreshes;

  constructor({ connections, contracts, recorder, now }: ConnectionCallsOptions) {
    this.#connections = connections;
    this.#contracts = contracts;
    this.#recorder = recorder;
    this.#now = now;
    this.#refreshes = new TokenRefreshes(connections);
  }

  /** @throws AppError ConnectionNotFound when the connection or its token is gone; ReadContractMissing, ContractMissing */
  async callFor({ id, push }: ActingFor): Promise<ConnectionCall> {
    const stored = await this.#connections.loadToken(id);
    if (stored === undefined) throw new AppError('ConnectionNotFound');
    const { connection, token } = stored;
    return {
      contractDetails: contractFor(this.#contracts, connection.type),
      userAccessToken: token,
      onAccessTokenRefresh: (refresh, stale) => this.#refreshes.refreshOnce(id, refresh, stale),
      onAccessTokenChange: () => {},
      ...this.#recorder.hooksOf(connection.visitorId, push),
    };
  }

  /**
   * Makes one call for a connection. When digi.me refuses the token in spite of a refresh, or refuses the refresh, the
   * connection needs a reauthorization from then on, unless the person has given one while the call was under way.
   * @throws what the client throws (`asAppError` turns it into an answer), and as `callFor`
   */
  async act<T>(connection: ActingFor, use: (call: ConnectionCall) => Promise<T>): Promise<T> {
    const startedAt = this.#now();
    const call = await this.callFor(connection);
    let used = call.userAccessToken;
    try {
      return await use({
        ...call,
        onAccessTokenChange: (fresh) => {
          used = fresh;
        },
      });
    } catch (error) {
      // A mark that can't be written now is written after the next call, which will be refused in the same way.
      if (isTokenRefusal(error)) await this.#markRefused(connection.id, used, startedAt).catch(() => {});
      throw error;
    }
  }

  /**
   * Makes a call with the first of these connections whose permission digi.me accepts: the usable ones first, and among
   * them those that write.
   * @throws AppError TokenRefused when it accepts none, ConnectionNotFound where there is none; any other refusal at once
   */
  async actWithAny<T>(
    connections: readonly Connection[],
    use: (call: ConnectionCall) => Promise<T>,
  ): Promise<T> {
    let refusal: unknown = new AppError('ConnectionNotFound');
    for (const connection of inOrderOfUse(connections)) {
      try {
        return await this.act(connection, use);
      } catch (error) {
        refusal = asAppError(error);
        // Another connection's token may be good where this one's is not; any other refusal would be the same again.
        if (!isTokenRefusal(error)) throw refusal;
      }
    }
    throw refusal;
  }

  async #markRefused(id: string, refused: UserAccessToken, startedAt: number): Promise<void> {
    const stored = await this.#connections.loadToken(id);
    if (stored === undefined || stored.connection.updatedAt > startedAt) return;
    if (stored.token.accessToken.value === refused.accessToken.value)
      await this.#connections.needsReauthorization(id, stored.version);
  }
}

function inOrderOfUse(connections: readonly Connection[]): Connection[] {
  const rank = ({ state, type }: Connection) => (state === 'active' ? 0 : 2) + (type === 'read' ? 1 : 0);
  return [...connections].sort((a, b) => rank(a) - rank(b));
}

/** The connections by the library that they lead to; one whose library digi.me did not name stands alone. */
export function groupByLibrary(connections: readonly Connection[]): Connection[][] {
  const groups = new Map<string, Connection[]>();
  for (const connection of connections) {
    const library = connection.userId ?? `of connection ${connection.id}`;
    groups.set(library, [...(groups.get(library) ?? []), connection]);
  }
  return [...groups.values()];
}
