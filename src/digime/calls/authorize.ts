import {
  anyText,
  callOptions,
  checkArguments,
  contractDetails,
  text,
  userAccessToken,
} from '../arguments/arguments.js';
import type { CallOptions, ContractDetails, UserAccessToken } from '../arguments/call-options.js';
import { object, optional, optionalOrEmpty } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { newCodeVerifier } from '../crypto/jwt.js';
import {
  type OnboardingUrlOptions,
  onboardingUrl,
  onboardingUrlOptions,
  type Session,
  type SessionOptions,
  sessionOptions,
  startOnboarding,
} from './onboarding.js';

/** Options of `getAuthorizeUrl`. */
export interface GetAuthorizeUrlOptions extends CallOptions, OnboardingUrlOptions {
  /** The contract that the user is asked to consent to. */
  contractDetails: ContractDetails;
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback: unguessable, and compared there (RFC 9700 §4.7). Empty: none is sent. */
  state: string;
  /**
   * A token that this user already has, from any contract: links to the same library, and may have expired. It is not
   * refreshed here.
   */
  userAccessToken?: UserAccessToken | undefined;
  /** The `kid` of `createProvisionalStorage`: that storage becomes the user's when the consent is given. */
  storageRef?: string | undefined;
  /** What the platform is to do in the session that is started. */
  sessionOptions?: SessionOptions | undefined;
}

/** Where to send the user, what to keep for the exchange of the code, and the session that was started. */
export interface GetAuthorizeUrlResponse {
  /** Carries a code: never log it. */
  url: string;
  /** Keep it for this user, away from the browser; `exchangeCodeForToken` wants it. */
  codeVerifier: string;
  /** The session that the consent belongs to. */
  session: Session;
}

const shape = object({
  ...callOptions,
  ...onboardingUrlOptions,
  contractDetails,
  callback: text,
  state: anyText,
  userAccessToken: optional(userAccessToken),
  storageRef: optionalOrEmpty(text),
  sessionOptions,
});

/** @internal */
export async function getAuthorizeUrl(
  client: Client,
  args: GetAuthorizeUrlOptions,
): Promise<GetAuthorizeUrlResponse> {
  checkArguments('getAuthorizeUrl', shape, args);
  const { codeVerifier, codeChallenge } = newCodeVerifier();
  client.secrets.add(codeVerifier, args.userAccessToken?.refreshToken.value);
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
      ...(args.state === '' ? {} : { state: args.state }),
      // Assumed: nobody has published how it travels.
      ...(args.storageRef ? { storage_ref: args.storageRef } : {}),
    },
    actions: args.sessionOptions,
    options: args,
  });
  const url = onboardingUrl(client, 'authorize', code, { ...args, sourceType: args.sourceType ?? 'pull' });
  return { url, codeVerifier, session };
}
