import type { ContractDetails } from '../arguments/contract-details.js';
import { refreshAccessToken } from '../calls/refresh-token.js';
import type { CallOptions, Client } from '../client.js';
import { DigiMeSDKError } from '../digime-sdk-error.js';
import { ServerError } from '../server-error.js';
import { untilAborted } from '../wire/until-aborted.js';
import type { RefreshOptions, UserAccessToken } from './user-access-token.js';

/** What a call on behalf of a user is made with. */
export interface UserCall extends CallOptions, RefreshOptions {
  contractDetails: ContractDetails;
  userAccessToken: UserAccessToken;
}

/** One try with this token; `earlierAttempts` counts the requests made before. */
type Try<Result> = (userAccessToken: UserAccessToken, earlierAttempts: number) => Promise<Result>;

/**
 * Makes a call on behalf of a user. On `InvalidToken` the token is refreshed once, shared with all other calls that hold
 * it; the new one is handed to `onAccessTokenChange`, and only when that has ended is the call repeated, once.
 * Resolves to the result and the token it ended with. `cannotRepeat`, given the refusal, may throw instead of repeating.
 */
export async function callForUser<Result>(
  client: Client,
  args: UserCall,
  attempt: Try<Result>,
  cannotRepeat?: (refusal: ServerError) => void,
): Promise<{ result: Result; userAccessToken: UserAccessToken }> {
  const { userAccessToken } = args;
  try {
    return { result: await attempt(userAccessToken, 0), userAccessToken };
  } catch (error) {
    if (!(error instanceof ServerError) || error.error.code !== 'InvalidToken') throw error;
    const fresh = await untilAborted(replaceAndHandOver(client, args), args.signal, () =>
      aborted(args.signal),
    );
    cannotRepeat?.(error);
    return { result: await attempt(fresh, 1), userAccessToken: fresh };
  }
}

/** Not ended by the caller's signal: a rotated refresh token that nobody saved would be lost. */
async function replaceAndHandOver(client: Client, args: UserCall): Promise<UserAccessToken> {
  const { contractDetails, userAccessToken: stale } = args;
  const lock = args.onAccessTokenRefresh ?? client.onAccessTokenRefresh;
  const { onExchange, intercept } = args;
  const refresh = () => refreshAccessToken(client, contractDetails, stale, { onExchange, intercept });
  const fresh = await client.refreshes.replace(contractDetails.contractId, stale, async () =>
    lock ? lock(refresh, stale) : refresh(),
  );
  try {
    await args.onAccessTokenChange?.(fresh);
  } catch (error) {
    throw new DigiMeSDKError('onAccessTokenChange failed, so the call was not repeated', { cause: error });
  }
  return fresh;
}

function aborted(signal: AbortSignal | undefined): ServerError {
  const message = 'ended by the caller while the token was refreshed';
  return new ServerError(
    message,
    { code: 'Aborted', message, reference: '', statusCode: 0, statusMessage: '' },
    { cause: signal?.reason },
  );
}
