import { object } from '../arguments/argument-shape.js';
import { callOptions, checkArguments, contractDetails, userAccessToken } from '../arguments/arguments.js';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { requestToken } from '../token/request-token.js';
import type { UserAccessToken } from '../token/user-access-token.js';

/** Arguments of `refreshToken`. */
export interface RefreshTokenArguments extends CallOptions {
  contractDetails: ContractDetails;
  userAccessToken: UserAccessToken;
}

const shape = object({ ...callOptions, contractDetails, userAccessToken });

/**
 * Trades the refresh token for a new user access token. The platform may rotate the refresh token: save the result.
 * Rejects with `ServerError` (`InvalidToken`: the user must reauthorize).
 */
export async function refreshToken(client: Client, args: RefreshTokenArguments): Promise<UserAccessToken> {
  checkArguments('refreshToken', shape, args);
  return refreshAccessToken(client, args.contractDetails, args.userAccessToken, args);
}

/** The wire call behind `refreshToken`; `user` and `consentid` are kept where the answer leaves them out. */
export function refreshAccessToken(
  client: Client,
  contract: ContractDetails,
  stale: UserAccessToken,
  options: CallOptions,
): Promise<UserAccessToken> {
  const claims = { grant_type: 'refresh_token', refresh_token: stale.refreshToken.value };
  return requestToken(client, 'refreshToken', contract, claims, options, stale);
}
