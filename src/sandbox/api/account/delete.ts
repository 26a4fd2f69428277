import { requireAccessToken } from '../../identity/tokens.js';
import { forgetUser } from '../../state/forget-user.js';
import type { Call } from '../call.js';
import { requireAccount } from './require-account.js';

/** `DELETE permission-access/service/h:accountId`: the account is gone; what was pushed stays. */
export function deleteAccount(call: Call) {
  const { account } = requireAccount(call);
  call.platform.state.accounts.drop(account.id);
  return { deleted: true };
}

/** `DELETE user`: the library is gone with its files, accounts and every token of whatever contract. */
export async function deleteUser(call: Call) {
  const { userId } = requireAccessToken(call.platform, call);
  await forgetUser(call.platform, userId);
  return { deleted: true };
}
