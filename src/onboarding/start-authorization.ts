import type { Request } from 'express';
import type { ContractDetails, Contracts } from '../config/index.js';
import {
  type Connection,
  type ConnectionCall,
  type ConnectionCalls,
  type Connections,
  type ConnectionType,
  contractFor,
} from '../connections/index.js';
import type { DigiMe, UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { Recorder } from '../inspector/index.js';
import { asAppError, changeSession, ensureVisitor, isTokenRefusal, languageOf } from '../web/index.js';
import { newState, rememberAuthorization } from './pending-authorizations.js';

export interface AuthorizationRequest {
  type: ConnectionType;
  serviceId?: number | undefined;
  locale?: string | undefined;
  /** Renew this connection instead of making a new one. */
  renew?: Connection | undefined;
  /** The person knows that their permission is not accepted any more, and wants a library of its own for this one. */
  newLibrary?: boolean;
}

export interface AuthorizationsOptions {
  readonly sdk: DigiMe;
  readonly contracts: Contracts;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly recorder: Recorder;
  /** The digi.me this app talks to, by its API address. */
  readonly issuer: string;
  /** The address of `GET /return`, from the configuration; never from a request's headers. */
  callbackUrl(): string;
  /** Unix milliseconds. */
  readonly now: () => number;
}

type CommonArguments = ReturnType<Recorder['hooksOf']> & {
  contractDetails: ContractDetails;
  callback: string;
  state: string;
  locale: string;
};

/** Starts authorizations: of a new connection, or of one that is to be renewed. */
export class Authorizations {
  readonly #options: AuthorizationsOptions;

  constructor(options: AuthorizationsOptions) {
    this.#options = options;
  }

  /**
   * Asks digi.me for the address to send the person to and keeps the code verifier in the session under a fresh `state`.
   * A token that the visitor already has goes along, so that digi.me links the new contract to the same library.
   * @returns the address at digi.me
   * @throws AppError NewLibraryNeeded when digi.me accepts none of the tokens that the visitor has, SessionLost when
   *   the session ended meanwhile, and what `asAppError` makes
   */
  async start(req: Request, request: AuthorizationRequest): Promise<string> {
    const { contracts, recorder, now } = this.#options;
    const visitorId = ensureVisitor(req, now());
    const contractDetails = contractFor(contracts, request.type);
    recorder.browserStep(visitorId, 'authorization-requested', { type: request.type });
    const state = newState();
    const common = {
      contractDetails,
      callback: this.#options.callbackUrl(),
      state,
      locale: request.locale ?? languageOf(req),
      ...recorder.hooksOf(visitorId),
    };
    const started =
      request.renew === undefined
        ? await this.#authorize(visitorId, request, common)
        : await this.#reauthorize(request.renew, common);
    await changeSession(req, (session) =>
      rememberAuthorization(session, state, {
        codeVerifier: started.codeVerifier,
        type: request.type,
        issuer: this.#options.issuer,
        startedAt: now(),
        ...(request.renew && { connectionId: request.renew.id }),
      }),
    );
    recorder.browserStep(visitorId, 'authorization-started', { type: request.type });
    await recorder.settled();
    return started.url;
  }

  async #authorize(visitorId: string, request: AuthorizationRequest, common: CommonArguments) {
    const { sdk, calls } = this.#options;
    const options = {
      ...common,
      ...(request.type === 'provider' && { sourceType: 'push' as const }),
      ...(request.serviceId !== undefined && { serviceId: request.serviceId }),
    };
    const connections = request.newLibrary ? [] : await this.#options.connections.listOf(visitorId);
    if (connections.length === 0)
      return sdk.getAuthorizeUrl(options).catch((error) => Promise.reject(asAppError(error)));
    try {
      return await calls.actWithAny(connections, (call) =>
        this.#refreshingOnce(call, (userAccessToken) => sdk.getAuthorizeUrl({ ...options, userAccessToken })),
      );
    } catch (error) {
      // Without a token digi.me would make a second library, which nobody has asked for.
      throw isTokenRefusal(error) ? new AppError('NewLibraryNeeded', { cause: error }) : error;
    }
  }

  /**
   * `getAuthorizeUrl` does not refresh by itself: digi.me serves an expired token there, which is how a consent is
   * renewed in the same library (`protocol.md`, "What real clients send and demand"). So a refused token is refreshed
   * once, and where that is refused as well the old one is what is left to try.
   */
  async #refreshingOnce<T>(
    call: ConnectionCall,
    use: (userAccessToken: UserAccessToken) => Promise<T>,
  ): Promise<T> {
    const { contractDetails, userAccessToken, onExchange, intercept } = call;
    try {
      return await use(userAccessToken);
    } catch (error) {
      if (!isTokenRefusal(error)) throw error;
    }
    const refresh = () =>
      this.#options.sdk.refreshToken({ contractDetails, userAccessToken, onExchange, intercept });
    const fresh = await call.onAccessTokenRefresh(refresh, userAccessToken).catch((error) => {
      if (isTokenRefusal(error)) return userAccessToken;
      throw error;
    });
    call.onAccessTokenChange(fresh);
    return use(fresh);
  }

  /** Where digi.me refuses the reference, the consent is renewed with the token as it is, like any client does it. */
  #reauthorize(connection: Connection, common: CommonArguments) {
    const { sdk, calls } = this.#options;
    const sourceType = connection.type === 'provider' ? { sourceType: 'push' as const } : {};
    return calls
      .act(connection, async (call) => {
        try {
          return await sdk.getReauthorizeUrl({ ...call, ...common });
        } catch (error) {
          if (!isTokenRefusal(error)) throw error;
          const { userAccessToken } = await calls.callFor(connection);
          return sdk.getAuthorizeUrl({ ...common, ...sourceType, userAccessToken });
        }
      })
      .catch((error) => Promise.reject(asAppError(error)));
  }
}
