import { requireAccessToken } from '../../identity/tokens.js';
import { accountsOf, wireAccount } from '../../state/accounts.js';
import type { Call } from '../call.js';

/** `GET permission-access/accounts`: the accounts of the user's library, oldest first. */
export function accounts(call: Call) {
  const { platform } = call;
  const { userId } = requireAccessToken(platform, call);
  return accountsOf(platform, userId).map((account) => wireAccount(platform, account));
}
