import { createHash } from 'node:crypto';
import type { UserAccessToken } from '../arguments/call-options.js';

/** A replaced token is remembered this long, for calls whose 401 arrives after the refresh is over. */
const rememberMs = 5 * 60_000;
const maxRemembered = 1_000;

/**
 * One refresh for all calls that hold the same refresh token: those that ask while it runs share it; those that come
 * with the token that it replaced get its result. Without the latter a rotated refresh token would be used twice.
 */
export class SharedRefreshes {
  readonly #running = new Map<string, Promise<UserAccessToken>>();
  readonly #replaced = new Map<string, { fresh: UserAccessToken; at: number }>();

  /** The token that takes the place of `stale`; `refresh` is called only if nobody else has begun. */
  replace(
    contractId: string,
    stale: UserAccessToken,
    refresh: () => Promise<UserAccessToken>,
  ): Promise<UserAccessToken> {
    const replaced = this.#replaced.get(keyOf(contractId, stale.refreshToken.value, stale.accessToken.value));
    if (replaced && performance.now() - replaced.at < rememberMs) return Promise.resolve(replaced.fresh);
    const key = keyOf(contractId, stale.refreshToken.value);
    const running = this.#running.get(key);
    if (running) return running;
    const started = refresh()
      .then((fresh) => {
        this.#remember(keyOf(contractId, stale.refreshToken.value, stale.accessToken.value), fresh);
        return fresh;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  #remember(key: string, fresh: UserAccessToken): void {
    const now = performance.now();
    for (const [old, { at }] of this.#replaced) {
      if (now - at < rememberMs && this.#replaced.size < maxRemembered) break;
      this.#replaced.delete(old);
    }
    this.#replaced.set(key, { fresh, at: now });
  }
}

function keyOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
