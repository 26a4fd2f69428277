import type { ContractDetails } from '../arguments/contract-details.js';
import type { Client } from '../client.js';
import type { ServerError } from '../server-error.js';
import { callPlatform, type PlatformAnswer, type PlatformCall } from '../wire/platform-call.js';
import { callForUser, type UserCall } from './call-for-user.js';
import type { UserAccessToken } from './user-access-token.js';

/** The contract under which a call is made, in the spelling of that call's arguments. */
export type ReadCall = Omit<UserCall, 'contractDetails'> & ContractDetails;

/**
 * One signed request on behalf of a user, with the claim `access_token`, and the refresh that it may need.
 * Resolves to the answer and the token it ended with.
 */
export async function requestForUser(
  client: Client,
  args: UserCall,
  call: PlatformCall,
  cannotRepeat?: (refusal: ServerError) => void,
): Promise<{ answer: PlatformAnswer; userAccessToken: UserAccessToken }> {
  const { result: answer, userAccessToken } = await callForUser(
    client,
    args,
    (token, earlierAttempts) =>
      callPlatform(client, call, {
        contract: args.contractDetails,
        claims: { access_token: token.accessToken.value },
        earlierAttempts,
        options: args,
      }),
    cannotRepeat,
  );
  return { answer, userAccessToken };
}

/** The arguments of a reading call in the form of all others. */
export function asUserCall<Args extends ReadCall>(args: Args): Args & UserCall {
  return { ...args, contractDetails: { contractId: args.contractId, privateKey: args.privateKey } };
}
