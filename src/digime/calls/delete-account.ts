import { object } from '../arguments/argument-shape.js';
import { checkArguments, headerText, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import { requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';

/** Arguments of `deleteAccount`. */
export interface DeleteAccountArguments extends UserCall {
  /** The `id` of one of the user's accounts. */
  accountId: string;
}

/** The deletion happened; with the token that the call ended with. */
export interface Deleted {
  deleted: true;
  userAccessToken: UserAccessToken;
}

const accountShape = object({ ...userCall, accountId: headerText });
const userShape = object(userCall);

/** Removes one account, and what came from it, from the user's library. Rejects with `ServerError`. */
export async function deleteAccount(client: Client, args: DeleteAccountArguments): Promise<Deleted> {
  checkArguments('deleteAccount', accountShape, args);
  const { userAccessToken } = await requestForUser(client, args, {
    call: 'deleteAccount',
    method: 'DELETE',
    path: 'permission-access/service/h:accountId',
    headers: { accountId: args.accountId },
    expected: 'optional-json',
    repeat: 'unsent',
  });
  return { deleted: true, userAccessToken };
}

/** Removes the user and the whole library at the platform. The token is worth nothing afterwards. Rejects with `ServerError`. */
export async function deleteUser(client: Client, args: UserCall): Promise<Deleted> {
  checkArguments('deleteUser', userShape, args);
  const { userAccessToken } = await requestForUser(client, args, {
    call: 'deleteUser',
    method: 'DELETE',
    path: 'user',
    expected: 'optional-json',
    repeat: 'unsent',
  });
  return { deleted: true, userAccessToken };
}
