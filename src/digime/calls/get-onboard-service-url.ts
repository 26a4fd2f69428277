import { anyObject, object, optional } from '../arguments/argument-shape.js';
import { checkArguments, text, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { callForUser, type UserCall } from '../token/call-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { type Session, startOnboarding } from './onboarding-session.js';
import { type OnboardingUrlOptions, onboardingUrl, onboardingUrlOptions } from './onboarding-url.js';

/** Arguments of `getOnboardServiceUrl`. */
export interface GetOnboardServiceUrlArguments extends UserCall, OnboardingUrlOptions {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback. */
  state?: string | undefined;
  sessionOptions?: { pull?: Record<string, unknown> | undefined } | undefined;
}

/** Where to send the user, the session that was started, and the token that the call ended with. */
export interface OnboardServiceUrl {
  /** Carries a code: never log it. */
  url: string;
  session: Session;
  userAccessToken: UserAccessToken;
}

const shape = object({
  ...userCall,
  ...onboardingUrlOptions,
  callback: text,
  state: optional(text),
  sessionOptions: optional(object({ pull: optional(anyObject) })),
});

/** The URL where a user who is known already adds a source. Nothing has to be exchanged afterwards. */
export async function getOnboardServiceUrl(
  client: Client,
  args: GetOnboardServiceUrlArguments,
): Promise<OnboardServiceUrl> {
  checkArguments('getOnboardServiceUrl', shape, args);
  const { result, userAccessToken } = await callForUser(client, args, (token, earlierAttempts) =>
    startOnboarding(client, {
      call: 'getOnboardServiceUrl',
      path: 'oauth/token/reference',
      contract: args.contractDetails,
      claims: {
        access_token: token.accessToken.value,
        redirect_uri: args.callback,
        ...(args.state === undefined ? {} : { state: args.state }),
      },
      pull: args.sessionOptions?.pull,
      earlierAttempts,
      options: args,
    }),
  );
  const url = onboardingUrl(client, 'onboard', result.code, {
    ...args,
    sourceType: args.sourceType ?? 'pull',
  });
  return { url, session: result.session, userAccessToken };
}
