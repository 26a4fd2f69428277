import type { RefreshOptions, UserAccessToken, UserCall } from '../arguments/call-options.js';
import type { Client } from '../client.js';
import { DigiMeSDKError, ServerError, unknownReference } from '../errors.js';
import { untilAborted } from '../wire/abort.js';
import type { PlatformAnswer, PlatformCall } from '../wire/attempt.js';
import { callPlatform } from '../wire/platform-call.js';
import { refreshAccessToken } from './request-token.js';

/** One try with this token; `earlierAttempts` counts the requests made before. */
type Try<Result> = (userAccessToken: UserAccessToken, earlierAttempts: number) => Promise<Result>;

/**
 * Makes a call on behalf of a user. On `InvalidToken` the token is refreshed once, shared with all other calls that hold
 * it; the new one is handed to `onAccessTokenChange`, and only when that has ended is the call repeated, once.
 * Resolves to the result and the token it ended with. `cannotRepeat`, given the refusal, may throw instead of repeating.
 */
export async function callForUser<Result>(
  client: Client,
  call: string,
  args: UserCall,
  attempt: Try<Result>,
  cannotRepeat?: (refusal: ServerError) => void,
): Promise<{ result: Result; userAccessToken: UserAccessToken }> {
  const { userAccessToken } = args;
  client.secrets.add(userAccessToken.accessToken.value, userAccessToken.refreshToken.value);
  try {
    return { result: await attempt(userAccessToken, 0), userAccessToken };
  } catch (error) {
    if (!(error instanceof ServerError) || error.error.code !== 'InvalidToken') throw error;
    const fresh = await untilAborted(replaceAndHandOver(client, args), args.signal, () =>
      aborted(call, args.signal),
    );
    cannotRepeat?.(error);
    return { result: await attempt(fresh, 1), userAccessToken: fresh };
  }
}

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
    call.call,
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

/** Not ended by the caller's signal: a rotated refresh token that nobody saved would be lost. */
async function replaceAndHandOver(client: Client, args: UserCall & RefreshOptions): Promise<UserAccessToken> {
  const { contractDetails, userAccessToken: stale, onExchange, intercept } = args;
  const lock = args.onAccessTokenRefresh ?? client.onAccessTokenRefresh;
  const refresh = () => refreshAccessToken(client, contractDetails, stale, { onExchange, intercept });
  const fresh = await client.refreshes.replace(contractDetails.contractId, stale, async () =>
    lock ? lock(refresh, stale) : refresh(),
  );
  client.secrets.add(fresh.accessToken.value, fresh.refreshToken.value);
  try {
    await args.onAccessTokenChange?.(fresh);
  } catch (error) {
    throw new DigiMeSDKError('onAccessTokenChange failed, so the call was not repeated', { cause: error });
  }
  return fresh;
}

function aborted(call: string, signal: AbortSignal | undefined): ServerError {
  const message = 'ended by the caller while the token was refreshed';
  return new ServerError(
    { code: 'Aborted', message, reference: unknownReference, statusCode: 0, statusMessage: '' },
    { call, cause: signal?.reason },
  );
}
