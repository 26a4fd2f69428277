import type { Request } from 'express';
import type { ContractDetails } from '../config/index.js';
import type { Connection, ConnectionCall, ConnectionType } from '../connections/index.js';
import { contractFor } from '../connections/index.js';
import type { UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import {
  asAppError,
  ensureVisitor,
  isTokenRefusal,
  languageOf,
  reloadSession,
  saveSession,
  visitorOf,
} from '../web/index.js';
import type { OnboardingParts } from './parts.js';
import { newState, rememberAuthorization } from './pending-authorizations.js';

export interface AuthorizationRequest {
  type: ConnectionType;
  serviceId?: number | undefined;
  locale?: string | undefined;
  /** Renew this connection instead of making a new one. */
  renew?: Connection | undefined;
}

/**
 * Starts an authorization: asks digi.me for the address to send the person to and keeps the code verifier in the
 * session under a fresh `state`. A token that the visitor already has goes along, so that digi.me links the new
 * contract to the same library.
 * @returns the address at digi.me
 * @throws AppError SessionLost when the session ended meanwhile; its old id must not come back to life
 */
export async function startAuthorization(
  parts: OnboardingParts,
  req: Request,
  request: AuthorizationRequest,
): Promise<string> {
  const isKnown = visitorOf(req) !== undefined;
  const visitorId = ensureVisitor(req, parts.now());
  const contract = contractFor(parts.contracts, request.type);
  parts.recorder.browserStep(visitorId, 'authorization-requested', { type: request.type });
  const state = newState();
  const common = {
    contractDetails: contract,
    callback: parts.callbackUrl(),
    state,
    locale: request.locale ?? languageOf(req),
    ...parts.recorder.hooksOf(visitorId),
  };
  const started =
    request.renew === undefined
      ? await authorize(parts, visitorId, request, common)
      : await reauthorize(parts, request.renew, common);
  // Another tab of the same session may have started one meanwhile: read again, add, save, one request at a time.
  await parts.sessionLock.run(req.sessionID, async () => {
    if (isKnown)
      await reloadSession(req).catch((cause) => Promise.reject(new AppError('SessionLost', { cause })));
    rememberAuthorization(req, state, {
      codeVerifier: started.codeVerifier,
      type: request.type,
      issuer: parts.issuer,
      startedAt: parts.now(),
      ...(request.renew && { connectionId: request.renew.id }),
    });
    await saveSession(req);
  });
  parts.recorder.browserStep(visitorId, 'authorization-started', { type: request.type });
  return started.url;
}

type Common = ReturnType<OnboardingParts['recorder']['hooksOf']> & {
  contractDetails: ContractDetails;
  callback: string;
  state: string;
  locale: string;
};

async function authorize(
  parts: OnboardingParts,
  visitorId: string,
  request: AuthorizationRequest,
  common: Common,
) {
  const options = {
    ...common,
    ...(request.type === 'provider' && { sourceType: 'push' as const }),
    ...(request.serviceId !== undefined && { serviceId: request.serviceId }),
  };
  const { sdk, calls } = parts;
  const connections = await parts.connections.listOf(visitorId);
  try {
    if (connections.length > 0)
      return await calls.actWithAny(connections, (call) =>
        refreshingOnce(sdk, call, (userAccessToken) => sdk.getAuthorizeUrl({ ...options, userAccessToken })),
      );
  } catch (error) {
    // Tokens that are no longer good must not keep the person from connecting.
    if (!isTokenRefusal(error)) throw error;
  }
  return sdk.getAuthorizeUrl(options).catch((error) => Promise.reject(asAppError(error)));
}

/**
 * `getAuthorizeUrl` does not refresh by itself: digi.me serves an expired token there, which is how a consent is renewed
 * in the same library (`protocol.md`, "What real clients send and demand"). So a refused token is refreshed once, and
 * where that is refused as well the old one is what is left to try.
 */
async function refreshingOnce<T>(
  sdk: OnboardingParts['sdk'],
  call: ConnectionCall,
  use: (userAccessToken: UserAccessToken) => Promise<T>,
): Promise<T> {
  const { contractDetails, userAccessToken, onExchange, intercept } = call;
  try {
    return await use(userAccessToken);
  } catch (error) {
    if (!isTokenRefusal(error)) throw error;
  }
  const refresh = () => sdk.refreshToken({ contractDetails, userAccessToken, onExchange, intercept });
  const fresh = await call.onAccessTokenRefresh(refresh, userAccessToken).catch((error) => {
    if (isTokenRefusal(error)) return userAccessToken;
    throw error;
  });
  call.onAccessTokenChange(fresh);
  return use(fresh);
}

function reauthorize({ sdk, calls }: OnboardingParts, connection: Connection, common: Common) {
  return calls
    .act(connection, (call) => sdk.getReauthorizeUrl({ ...call, ...common }))
    .catch((error) => Promise.reject(asAppError(error)));
}
