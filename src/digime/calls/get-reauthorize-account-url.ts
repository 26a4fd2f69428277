import { z } from 'zod';
import { object, optional } from '../arguments/argument-shape.js';
import { checkArguments, text, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { callForUser, type UserCall } from '../token/call-for-user.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';
import type { OnboardServiceUrl } from './get-onboard-service-url.js';
import { startOnboarding } from './onboarding-session.js';
import { onboardingUrl } from './onboarding-url.js';

/** Arguments of `getReauthorizeAccountUrl`. */
export interface GetReauthorizeAccountUrlArguments extends UserCall {
  /** Where the user comes back to; registered for the contract. */
  callback: string;
  /** The `id` of one of the user's accounts. */
  accountId: string;
  /** Language of the pages. */
  locale?: string | undefined;
}

const shape = object({ ...userCall, callback: text, accountId: text, locale: optional(text) });

/** The URL where a user renews the access of one account at its source (`ServiceAuthorizationError`). */
export async function getReauthorizeAccountUrl(
  client: Client,
  args: GetReauthorizeAccountUrlArguments,
): Promise<OnboardServiceUrl> {
  checkArguments('getReauthorizeAccountUrl', shape, args);
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
  const { id: accountRef } = parseAnswer(z.object({ id: z.string().min(1) }), reference.body, reference);
  const { result, userAccessToken } = await callForUser(client, args, (token, earlierAttempts) =>
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
