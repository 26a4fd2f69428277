import { anyObject, object, optional } from '../arguments/argument-shape.js';
import { checkArguments, text, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { newCodeVerifier } from '../crypto/jwt.js';
import { callForUser, type UserCall } from '../token/call-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import type { AuthorizeUrl } from './get-authorize-url.js';
import { startOnboarding } from './onboarding-session.js';
import { onboardingUrl, onboardingUrlOptions } from './onboarding-url.js';

/** Arguments of `getReauthorizeUrl`. */
export interface GetReauthorizeUrlArguments extends UserCall {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback. */
  state?: string | undefined;
  /** Language of the pages. */
  locale?: string | undefined;
  sessionOptions?: { pull?: Record<string, unknown> | undefined } | undefined;
  triggerQuery?: boolean | string | undefined;
}

const shape = object({
  ...userCall,
  callback: text,
  state: optional(text),
  locale: onboardingUrlOptions.locale,
  sessionOptions: optional(object({ pull: optional(anyObject) })),
  triggerQuery: onboardingUrlOptions.triggerQuery,
});

/**
 * Starts the renewal of a user's consent, for when the refresh token has ended: the URL to send the user to and the code
 * verifier for the exchange that follows. The code goes into the exchange like the one of a first authorization.
 */
export async function getReauthorizeUrl(
  client: Client,
  args: GetReauthorizeUrlArguments,
): Promise<AuthorizeUrl & { userAccessToken: UserAccessToken }> {
  checkArguments('getReauthorizeUrl', shape, args);
  const { codeVerifier, codeChallenge } = newCodeVerifier();
  const { result, userAccessToken } = await callForUser(client, args, (token, earlierAttempts) =>
    startOnboarding(client, {
      call: 'getReauthorizeUrl',
      path: 'oauth/token/reference',
      contract: args.contractDetails,
      claims: {
        access_token: token.accessToken.value,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        redirect_uri: args.callback,
        ...(args.state === undefined ? {} : { state: args.state }),
      },
      pull: args.sessionOptions?.pull,
      earlierAttempts,
      options: args,
    }),
  );
  const { locale, triggerQuery } = args;
  const url = onboardingUrl(client, 'user-reauth', result.code, { locale, triggerQuery });
  return { url, codeVerifier, session: result.session, userAccessToken };
}
