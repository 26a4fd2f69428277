/** A token's value and when it ends, in Unix seconds. */
export interface TokenPart {
  value: string;
  expiry: number;
}

/** What acts for a user under one contract. Plain JSON: store it sealed. */
export interface UserAccessToken {
  accessToken: TokenPart;
  refreshToken: TokenPart;
  user?: { id?: string | undefined } | undefined;
  consentid?: string | undefined;
}

/** Gets the token that replaces the one the call was given. It is awaited before the call is repeated: save it here. */
export type AccessTokenChange = (userAccessToken: UserAccessToken) => unknown;

/**
 * Stands in for the client's own refresh, so that several processes can share one: take a lock, read the stored token;
 * if it is newer than `stale`, return it, else return what `refresh()` gives, after saving it. Concurrent calls of
 * one process share one invocation.
 */
export type RefreshLock = (
  refresh: () => Promise<UserAccessToken>,
  stale: UserAccessToken,
) => Promise<UserAccessToken>;

/** What calls on behalf of a user accept about the refresh of their token. */
export interface RefreshOptions {
  onAccessTokenChange?: AccessTokenChange | undefined;
  onAccessTokenRefresh?: RefreshLock | undefined;
}
