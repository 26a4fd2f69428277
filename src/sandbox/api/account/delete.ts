import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireAccessToken } from '../../identity/tokens.js';
import { forgetUser } from '../../state/forget-user.js';
import type { Call } from '../call.js';
import { requireAccount } from './require-account.js';

/** `DELETE permission-access/service/h:accountId`: the account is gone with what was fetched from it; what was pushed stays. */
export async function deleteAccount(call: Call) {
  const { account } = requireAccount(call);
  const { accounts, bodies, files } = call.platform.state;
  accounts.drop(account.id);
  for (const { name } of files.where(({ fetched }) => fetched?.accountId === account.id)) {
    files.drop(name);
    await rm(join(bodies, name), { force: true });
  }
  return { deleted: true };
}

/** `DELETE user`: the library is gone with its files, accounts and every token of whatever contract. */
export async function deleteUser(call: Call) {
  const { userId } = requireAccessToken(call.platform, call);
  await forgetUser(call.platform, userId);
  return { deleted: true };
}
