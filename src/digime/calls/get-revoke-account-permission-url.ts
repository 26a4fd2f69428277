import { z } from 'zod';
import { object } from '../arguments/argument-shape.js';
import { checkArguments, headerText, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import { requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { parseAnswer } from '../wire/parse-answer.js';

/** Arguments of `getRevokeAccountPermissionUrl`. */
export interface GetRevokeAccountPermissionUrlArguments extends UserCall {
  /** The `id` of one of the user's accounts. */
  accountId: string;
  /** Where the user comes back to, with `result=success` or `result=failed&error_message=…`. */
  redirectUri: string;
}

const shape = object({ ...userCall, accountId: headerText, redirectUri: headerText });
const webAddress = z.string().refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value));

/** The provider's page where the user takes the permission of one account back (MedMij). Rejects with `ServerError`. */
export async function getRevokeAccountPermissionUrl(
  client: Client,
  args: GetRevokeAccountPermissionUrlArguments,
): Promise<{ location: string; userAccessToken: UserAccessToken }> {
  checkArguments('getRevokeAccountPermissionUrl', shape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'getRevokeAccountPermissionUrl',
    method: 'GET',
    path: 'permission-access/revoke/h:accountId',
    headers: { accountId: args.accountId, redirectUri: args.redirectUri },
    expected: 'json',
    repeat: 'safe',
  });
  // A browser will be sent there: nothing but a web address will do.
  const { location } = parseAnswer(z.object({ location: webAddress }), answer.body, answer);
  return { location, userAccessToken };
}
