import { z } from 'zod';
import { parseWith, readJson } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import type { Call } from '../call.js';

const bodyShape = z.object({ type: z.literal('accountId', 'must be accountId'), value: z.string().min(1) });

/** `POST reference`: an id for an account that may travel in a URL. Assumed: it is the account's own reference. */
export async function reference(call: Call) {
  const { state } = call.platform;
  const { value } = parseWith(bodyShape, await readJson(call.body), '');
  const account = state.accounts.get(value);
  const shared = state.tokens
    .all()
    .some((token) => token.userId === account?.userId && token.contractId === call.contract.id);
  if (!account || !shared)
    throw new Refusal('NotFound', 'no account with this id among the users of this contract');
  return { id: account.reference };
}
