import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError, type UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import { KeyedLock } from '../web/index.js';
import type { Connections } from './connections.js';

const leaseMs = 30_000;
const lookAgainMs = 100;
const savingAgainMs = 500;
const savingTries = 40;

/** What a call of the digi.me client needs to act for a connection; spread it into the call's arguments. */
export interface ActingFor {
  userAccessToken: UserAccessToken;
  onAccessTokenChange(token: UserAccessToken): Promise<void>;
  onAccessTokenRefresh(
    refresh: () => Promise<UserAccessToken>,
    stale: UserAccessToken,
  ): Promise<UserAccessToken>;
}

/** Whether digi.me said that the token itself, not one account behind it, is no longer good. */
export const isTokenRefusal = (error: unknown): boolean =>
  error instanceof ServerError && error.error.code === 'InvalidToken';

/**
 * Hands out tokens and sees to it that each connection is refreshed by one call at a time, in this process and in
 * others on the same database: refresh tokens rotate, and two refreshes with the same one would lose the connection.
 * The new pair is stored before anything uses it.
 */
export class Tokens {
  private readonly owner = randomUUID();
  private readonly lock = new KeyedLock();

  constructor(private readonly connections: Connections) {}

  /** @throws AppError ConnectionNotFound when the connection or its token is gone. */
  async actFor(connectionId: string): Promise<ActingFor> {
    const userAccessToken = await this.load(connectionId);
    return {
      userAccessToken,
      onAccessTokenChange: (token) => this.connections.saveToken(connectionId, token),
      onAccessTokenRefresh: (refresh, stale) =>
        this.lock.run(connectionId, () => this.refreshOnce(connectionId, refresh, stale)),
    };
  }

  /** The old pair is gone at digi.me: if the database is locked for a moment, losing the new one would lose the connection. */
  private async keep(connectionId: string, fresh: UserAccessToken): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.connections.saveToken(connectionId, fresh);
      } catch (error) {
        if (tries === savingTries) throw error;
        await sleep(savingAgainMs);
      }
    }
  }

  private async load(connectionId: string): Promise<UserAccessToken> {
    const token = await this.connections.loadToken(connectionId);
    if (token === undefined) throw new AppError('ConnectionNotFound');
    return token;
  }

  private async refreshOnce(
    connectionId: string,
    refresh: () => Promise<UserAccessToken>,
    stale: UserAccessToken,
  ): Promise<UserAccessToken> {
    for (;;) {
      const current = await this.load(connectionId);
      if (current.accessToken.value !== stale.accessToken.value) return current;
      if (await this.connections.takeRefreshLease(connectionId, this.owner, leaseMs)) break;
      await sleep(lookAgainMs);
    }
    try {
      // The holder before us may have finished between the look and the lease.
      const current = await this.load(connectionId);
      if (current.accessToken.value !== stale.accessToken.value) return current;
      const fresh = await refresh();
      await this.keep(connectionId, fresh);
      return fresh;
    } catch (error) {
      // Unless the person has authorized again in the meantime: then the refused token is no longer the one that counts.
      const isStill = async () =>
        (await this.load(connectionId)).accessToken.value === stale.accessToken.value;
      if (isTokenRefusal(error) && (await isStill()))
        await this.connections.needsReauthorization(connectionId);
      throw error;
    } finally {
      await this.connections.releaseRefreshLease(connectionId, this.owner);
    }
  }
}
