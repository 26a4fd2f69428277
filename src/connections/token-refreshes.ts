import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { Connections, StoredToken } from './connections.js';

const leaseMs = 30_000;
const lookAgainMs = 100;
const savingAgainMs = 500;
const savingTries = 40;

/**
 * Sees to it that each connection is refreshed by one call at a time, in this process and in others on the same
 * database: refresh tokens rotate, and two refreshes with the same one would lose the connection. The new pair is stored
 * once, here, before anything uses it, and only in place of the pair that it was made from: what a reauthorization
 * stored in the meantime is never replaced by an older one.
 */
export class TokenRefreshes {
  readonly #owner = randomUUID();
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /**
   * @param refresh asks digi.me for a new pair
   * @param stale the pair that digi.me refused
   * @returns the pair that is stored now: the new one, or another that took the place of `stale` already
   * @throws what `refresh` throws; AppError ConnectionNotFound when the connection is gone
   */
  async refreshOnce(
    connectionId: string,
    refresh: () => Promise<UserAccessToken>,
    stale: UserAccessToken,
  ): Promise<UserAccessToken> {
    const isReplaced = ({ token }: StoredToken) => token.accessToken.value !== stale.accessToken.value;
    for (;;) {
      const current = await this.#load(connectionId);
      if (isReplaced(current)) return current.token;
      if (await this.#connections.takeRefreshLease(connectionId, this.#owner, leaseMs)) break;
      await sleep(lookAgainMs);
    }
    try {
      // The holder before us may have finished between the look and the lease.
      const current = await this.#load(connectionId);
      if (isReplaced(current)) return current.token;
      const fresh = await refresh();
      if (await this.#keep(connectionId, fresh, current.version)) return fresh;
      return (await this.#load(connectionId)).token;
    } finally {
      await this.#connections.releaseRefreshLease(connectionId, this.#owner);
    }
  }

  /** The old pair is gone at digi.me: if the database is locked for a moment, losing the new one would lose the connection. */
  async #keep(connectionId: string, fresh: UserAccessToken, version: number): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#connections.replaceToken(connectionId, fresh, version);
      } catch (error) {
        if (tries === savingTries) throw error;
        await sleep(savingAgainMs);
      }
    }
  }

  async #load(connectionId: string): Promise<StoredToken> {
    const stored = await this.#connections.loadToken(connectionId);
    if (stored === undefined) throw new AppError('ConnectionNotFound');
    return stored;
  }
}
