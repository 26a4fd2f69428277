import { requireAccessToken } from '../../identity/tokens.js';
import { Refusal } from '../../refusal.js';
import type { Account, Token } from '../../state/records.js';
import type { Call } from '../call.js';

/**
 * The account of the `accountId` header, which must be the user's.
 * @throws Refusal InvalidToken, InvalidRequest or NotFound
 */
export function requireAccount(call: Call): { token: Token; account: Account } {
  const token = requireAccessToken(call.platform, call);
  const accountId = call.request.get('accountid');
  if (!accountId) {
    throw new Refusal(
      'InvalidRequest',
      'the header accountId is missing: in the path it is the literal h:accountId',
    );
  }
  const account = call.platform.state.accounts.get(accountId);
  if (!account || account.userId !== token.userId) {
    throw new Refusal('NotFound', 'this user has no account with the id of the accountId header');
  }
  return { token, account };
}
