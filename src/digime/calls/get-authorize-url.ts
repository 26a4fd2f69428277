import { anyObject, object, optional } from '../arguments/argument-shape.js';
import {
  callOptions,
  checkArguments,
  contractDetails,
  text,
  userAccessToken,
} from '../arguments/arguments.js';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { newCodeVerifier } from '../crypto/jwt.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { type Session, startOnboarding } from './onboarding-session.js';
import { type OnboardingUrlOptions, onboardingUrl, onboardingUrlOptions } from './onboarding-url.js';

/** Arguments of `getAuthorizeUrl`. */
export interface GetAuthorizeUrlArguments extends CallOptions, OnboardingUrlOptions {
  contractDetails: ContractDetails;
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback: unguessable, and compared there (RFC 9700 §4.7). */
  state: string;
  /** A token that this user already has, from any contract: links to the same library. It is not refreshed here. */
  userAccessToken?: UserAccessToken | undefined;
  sessionOptions?: { pull?: Record<string, unknown> | undefined } | undefined;
}

/** Where to send the user, what to keep for the exchange of the code, and the session that was started. */
export interface AuthorizeUrl {
  /** Carries a code: never log it. */
  url: string;
  /** Keep it for this user, away from the browser; `exchangeCodeForToken` wants it. */
  codeVerifier: string;
  session: Session;
}

const shape = object({
  ...callOptions,
  ...onboardingUrlOptions,
  contractDetails,
  callback: text,
  state: text,
  userAccessToken: optional(userAccessToken),
  sessionOptions: optional(object({ pull: optional(anyObject) })),
});

/** Starts an authorization with PKCE (RFC 7636): the URL to send the user to and the code verifier. Rejects with `ServerError`. */
export async function getAuthorizeUrl(client: Client, args: GetAuthorizeUrlArguments): Promise<AuthorizeUrl> {
  checkArguments('getAuthorizeUrl', shape, args);
  const { codeVerifier, codeChallenge } = newCodeVerifier();
  const { code, session } = await startOnboarding(client, {
    call: 'getAuthorizeUrl',
    path: 'oauth/authorize',
    contract: args.contractDetails,
    claims: {
      ...(args.userAccessToken ? { access_token: args.userAccessToken.accessToken.value } : {}),
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      redirect_uri: args.callback,
      response_mode: 'query',
      response_type: 'code',
      state: args.state,
    },
    pull: args.sessionOptions?.pull,
    options: args,
  });
  const url = onboardingUrl(client, 'authorize', code, { ...args, sourceType: args.sourceType ?? 'pull' });
  return { url, codeVerifier, session };
}
