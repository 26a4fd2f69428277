import { z } from 'zod';
import { object } from '../arguments/argument-shape.js';
import { checkArguments, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import { requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { parseAnswer } from '../wire/parse-answer.js';

/** An account of the user at a source. What else the platform sends is kept as it is. */
export interface Account {
  /** Such as `40_…`: the `accountId` of a push to a provider. */
  id: string;
  /** Equals the `accountReference` of a callback. */
  reference: string;
  /** `USER`, `PUSH`, … */
  type?: string | undefined;
  createdDate?: number | string | undefined;
  updatedDate?: number | string | undefined;
  serviceGroupId?: number | undefined;
  serviceGroupName?: string | undefined;
  serviceTypeId?: number | undefined;
  serviceTypeName?: string | undefined;
  serviceTypeReference?: string | undefined;
  sourceId?: number | undefined;
  username?: string | undefined;
  serviceProviderName?: string | undefined;
  providerLogo?: string | undefined;
  sample?: boolean | undefined;
  accessTokenStatus?: { authorized?: boolean | undefined; expiresAt?: number | undefined } | undefined;
  [field: string]: unknown;
}

/** Only what others rely on is demanded; the rest is as the platform likes. */
const accountsShape = z.array(z.looseObject({ id: z.string().min(1), reference: z.string() }));
const shape = object(userCall);

/** The user's accounts, and the token that the call ended with. Rejects with `ServerError`. */
export async function readAccounts(
  client: Client,
  args: UserCall,
): Promise<{ accounts: Account[]; userAccessToken: UserAccessToken }> {
  checkArguments('readAccounts', shape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'readAccounts',
    method: 'GET',
    path: 'permission-access/accounts',
    expected: 'json',
    repeat: 'safe',
  });
  return { accounts: parseAnswer(accountsShape, answer.body, answer), userAccessToken };
}
