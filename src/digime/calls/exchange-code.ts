import {
  callOptions,
  checkArguments,
  contractDetails,
  text,
  userAccessToken,
} from '../arguments/arguments.js';
import type { CallOptions, ContractDetails, UserAccessToken } from '../arguments/call-options.js';
import { object } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { refreshAccessToken, requestToken } from '../token/request-token.js';

/** Options of `exchangeCodeForToken`. */
export interface ExchangeCodeForTokenOptions extends CallOptions {
  /** The contract of the authorization. */
  contractDetails: ContractDetails;
  /** What `getAuthorizeUrl` gave, kept for this user. */
  codeVerifier: string;
  /** The `code` of the callback. It serves once. */
  authorizationCode: string;
}

/** Options of `refreshToken`. */
export interface RefreshTokenOptions extends CallOptions {
  /** The contract of the token. */
  contractDetails: ContractDetails;
  /** The token to replace. */
  userAccessToken: UserAccessToken;
}

const exchangeShape = object({
  ...callOptions,
  contractDetails,
  codeVerifier: text,
  authorizationCode: text,
});
const refreshShape = object({ ...callOptions, contractDetails, userAccessToken });

/** @internal */
export async function exchangeCodeForToken(
  client: Client,
  args: ExchangeCodeForTokenOptions,
): Promise<UserAccessToken> {
  checkArguments('exchangeCodeForToken', exchangeShape, args);
  const claims = {
    code: args.authorizationCode,
    code_verifier: args.codeVerifier,
    grant_type: 'authorization_code',
  };
  return requestToken(client, 'exchangeCodeForToken', args.contractDetails, claims, args);
}

/** @internal */
export async function refreshToken(client: Client, args: RefreshTokenOptions): Promise<UserAccessToken> {
  checkArguments('refreshToken', refreshShape, args);
  return refreshAccessToken(client, args.contractDetails, args.userAccessToken, args);
}
