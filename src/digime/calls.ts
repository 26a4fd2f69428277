import type { UserCall } from './call-for-user.js';
import type { Client } from './client.js';
import { type ExchangeCodeForTokenArguments, exchangeCodeForToken } from './exchange-code-for-token.js';
import { type AuthorizeUrl, type GetAuthorizeUrlArguments, getAuthorizeUrl } from './get-authorize-url.js';
import { type PushDataArguments, pushData } from './push-data.js';
import { type Account, readAccounts } from './read-accounts.js';
import { type RefreshTokenArguments, refreshToken } from './refresh-token.js';
import type { UserAccessToken } from './user-access-token.js';

/**
 * The documented calls. All reject with `TypeValidationError` for arguments of a wrong type or shape, before any request,
 * and with `ServerError` for whatever goes wrong with the platform.
 */
export interface DigiMe {
  getAuthorizeUrl(args: GetAuthorizeUrlArguments): Promise<AuthorizeUrl>;
  exchangeCodeForToken(args: ExchangeCodeForTokenArguments): Promise<UserAccessToken>;
  refreshToken(args: RefreshTokenArguments): Promise<UserAccessToken>;
  pushData(args: PushDataArguments): Promise<void>;
  readAccounts(args: UserCall): Promise<{ accounts: Account[]; userAccessToken: UserAccessToken }>;
}

/** The documented calls of one client. They need no `this`: they can be passed around. */
export function callsOf(client: Client): DigiMe {
  return {
    getAuthorizeUrl: (args) => getAuthorizeUrl(client, args),
    exchangeCodeForToken: (args) => exchangeCodeForToken(client, args),
    refreshToken: (args) => refreshToken(client, args),
    pushData: (args) => pushData(client, args),
    readAccounts: (args) => readAccounts(client, args),
  };
}
