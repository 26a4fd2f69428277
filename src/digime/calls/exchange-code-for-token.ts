import { object } from '../arguments/argument-shape.js';
import { callOptions, checkArguments, contractDetails, text } from '../arguments/arguments.js';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { requestToken } from '../token/request-token.js';
import type { UserAccessToken } from '../token/user-access-token.js';

/** Arguments of `exchangeCodeForToken`. */
export interface ExchangeCodeForTokenArguments extends CallOptions {
  contractDetails: ContractDetails;
  /** What `getAuthorizeUrl` gave, kept for this user. */
  codeVerifier: string;
  /** The `code` of the callback. It serves once. */
  authorizationCode: string;
}

const shape = object({ ...callOptions, contractDetails, codeVerifier: text, authorizationCode: text });

/** Trades the authorization code of the callback for a user access token (RFC 7636 §4.5). Rejects with `ServerError`. */
export async function exchangeCodeForToken(
  client: Client,
  args: ExchangeCodeForTokenArguments,
): Promise<UserAccessToken> {
  checkArguments('exchangeCodeForToken', shape, args);
  const claims = {
    code: args.authorizationCode,
    code_verifier: args.codeVerifier,
    grant_type: 'authorization_code',
  };
  return requestToken(client, 'exchangeCodeForToken', args.contractDetails, claims, args);
}
