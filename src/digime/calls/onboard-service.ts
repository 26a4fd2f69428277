import { checkArguments, text, userCall } from '../arguments/arguments.js';
import type { UserAccessToken, UserCall } from '../arguments/call-options.js';
import { object, optionalOrEmpty } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { callForUser } from '../token/call-for-user.js';
import {
  type OnboardingUrlOptions,
  onboardingUrl,
  onboardingUrlOptions,
  type Session,
  type SessionOptions,
  sessionOptions,
  startOnboarding,
} from './onboarding.js';

/** Options of `getOnboardServiceUrl`. */
export interface GetOnboardServiceUrlOptions extends UserCall, OnboardingUrlOptions {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback. */
  state?: string | undefined;
  /** What the platform is to do in the session that is started. */
  sessionOptions?: SessionOptions | undefined;
}

/** Where to send the user, the session that was started, and the token that the call ended with. */
export interface GetOnboardServiceUrlResponse {
  /** Carries a code: never log it. */
  url: string;
  /** The session in which the source is read. */
  session: Session;
  /** The one that was given, or the one that replaced it. */
  userAccessToken: UserAccessToken;
}

const shape = object({
  ...userCall,
  ...onboardingUrlOptions,
  callback: text,
  state: optionalOrEmpty(text),
  sessionOptions,
});

/** @internal */
export async function getOnboardServiceUrl(
  client: Client,
  args: GetOnboardServiceUrlOptions,
): Promise<GetOnboardServiceUrlResponse> {
  checkArguments('getOnboardServiceUrl', shape, args);
  const call = 'getOnboardServiceUrl';
  const { result, userAccessToken } = await callForUser(client, call, args, (token, earlierAttempts) =>
    startOnboarding(client, {
      call,
      path: 'oauth/token/reference',
      contract: args.contractDetails,
      claims: {
        access_token: token.accessToken.value,
        redirect_uri: args.callback,
        ...(args.state ? { state: args.state } : {}),
      },
      actions: args.sessionOptions,
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
