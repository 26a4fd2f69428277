import { checkArguments, text, userCall } from '../arguments/arguments.js';
import type { UserAccessToken, UserCall } from '../arguments/call-options.js';
import { object, optionalOrEmpty } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { newCodeVerifier } from '../crypto/jwt.js';
import { callForUser } from '../token/call-for-user.js';
import { callPlatform } from '../wire/platform-call.js';
import { parseAnswer } from '../wire/refusal.js';
import type { GetAuthorizeUrlResponse } from './authorize.js';
import type { GetOnboardServiceUrlResponse } from './onboard-service.js';
import {
  onboardingUrl,
  onboardingUrlOptions,
  type SessionOptions,
  sessionOptions,
  startOnboarding,
} from './onboarding.js';

/** Options of `getReauthorizeUrl`. */
export interface GetReauthorizeUrlOptions extends UserCall {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** Comes back with the callback. */
  state?: string | undefined;
  /** Language of the pages, such as `en` or `nl`. */
  locale?: string | undefined;
  /** What the platform is to do in the session that is started. */
  sessionOptions?: SessionOptions | undefined;
  /** Whether the platform begins to read as soon as the consent is renewed. */
  triggerQuery?: boolean | string | undefined;
}

/** As for `getAuthorizeUrl`, with the token that the call ended with. */
export interface GetReauthorizeUrlResponse extends GetAuthorizeUrlResponse {
  userAccessToken: UserAccessToken;
}

/** Options of `getReauthorizeAccountUrl`. */
export interface GetReauthorizeAccountUrlOptions extends UserCall {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** The `id` of one of the user's accounts. */
  accountId: string;
  /** Language of the pages, such as `en` or `nl`. */
  locale?: string | undefined;
}

/** As for `getOnboardServiceUrl`. */
export type GetReauthorizeAccountUrlResponse = GetOnboardServiceUrlResponse;

const userShape = object({
  ...userCall,
  callback: text,
  state: optionalOrEmpty(text),
  locale: onboardingUrlOptions.locale,
  sessionOptions,
  triggerQuery: onboardingUrlOptions.triggerQuery,
});
const accountShape = object({ ...userCall, callback: text, accountId: text, locale: optionalOrEmpty(text) });

/** @internal */
export async function getReauthorizeUrl(
  client: Client,
  args: GetReauthorizeUrlOptions,
): Promise<GetReauthorizeUrlResponse> {
  checkArguments('getReauthorizeUrl', userShape, args);
  const call = 'getReauthorizeUrl';
  const { codeVerifier, codeChallenge } = newCodeVerifier();
  client.secrets.add(codeVerifier);
  const { result, userAccessToken } = await callForUser(client, call, args, (token, earlierAttempts) =>
    startOnboarding(client, {
      call,
      path: 'oauth/token/reference',
      contract: args.contractDetails,
      claims: {
        access_token: token.accessToken.value,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        redirect_uri: args.callback,
        ...(args.state ? { state: args.state } : {}),
      },
      actions: args.sessionOptions,
      earlierAttempts,
      options: args,
    }),
  );
  const { locale, triggerQuery } = args;
  const url = onboardingUrl(client, 'user-reauth', result.code, { locale, triggerQuery });
  return { url, codeVerifier, session: result.session, userAccessToken };
}

/** @internal */
export async function getReauthorizeAccountUrl(
  client: Client,
  args: GetReauthorizeAccountUrlOptions,
): Promise<GetReauthorizeAccountUrlResponse> {
  checkArguments('getReauthorizeAccountUrl', accountShape, args);
  const call = 'getReauthorizeAccountUrl';
  const contract = args.contractDetails;
  // The account's id stays out of the URL: the page gets a reference to it.
  const reference = await callPlatform(
    client,
    {
      call,
      method: 'POST',
      path: 'reference',
      json: { type: 'accountId', value: args.accountId },
      expected: 'json',
      repeat: 'safe',
    },
    { contract, options: args },
  );
  const { id: accountRef } = parseAnswer<{ id: string }>(object({ id: text }), reference.body, reference);
  const { result, userAccessToken } = await callForUser(client, call, args, (token, earlierAttempts) =>
    startOnboarding(client, {
      call,
      path: 'oauth/token/reference',
      contract,
      claims: { access_token: token.accessToken.value, redirect_uri: args.callback },
      earlierAttempts,
      options: args,
    }),
  );
  const url = onboardingUrl(client, 'reauthorize', result.code, { accountRef, locale: args.locale });
  return { url, session: result.session, userAccessToken };
}
