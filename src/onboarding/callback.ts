import type { Request } from 'express';
import type { Contracts } from '../config/index.js';
import {
  type Connection,
  type ConnectionCalls,
  type Connections,
  contractFor,
  findAccount,
} from '../connections/index.js';
import type { DigiMe, UserAccessToken } from '../digime/index.js';
import { AppError } from '../errors.js';
import type { Recorder } from '../inspector/index.js';
import {
  asAppError,
  changeSession,
  inSession,
  isWellEncoded,
  type Logger,
  oneString,
  reloadSession,
  renewSession,
  visitorOf,
} from '../web/index.js';
import {
  findAuthorization,
  type PendingAuthorization,
  type UsedStates,
  withoutAuthorization,
} from './pending-authorizations.js';

/** Longer values than these come from nobody but an attacker. */
const maxParameterLength = 4096;

interface Callback {
  success: boolean;
  code: string | undefined;
  state: string | undefined;
  accountReference: string | undefined;
  errorCode: string | undefined;
}

/**
 * @throws AppError InvalidCallback when a parameter is repeated, nested, too long or badly encoded, or when `success`,
 *   `code` and `errorCode` don't fit together
 */
function readCallback({ query, url }: Request): Callback {
  if (!isWellEncoded(url))
    throw new AppError('InvalidCallback', { details: [{ path: 'query', message: 'fields:percentEncoded' }] });
  const read = (name: string) => {
    const value = oneString(query[name]);
    if (value === null || (value !== undefined && value.length > maxParameterLength))
      throw new AppError('InvalidCallback', { details: [{ path: name, message: 'fields:oneValue' }] });
    return value;
  };
  const success = read('success');
  const callback = {
    success: success === 'true',
    code: read('code'),
    state: read('state'),
    accountReference: read('accountReference'),
    errorCode: read('errorCode'),
  };
  if (success !== 'true' && success !== 'false')
    throw new AppError('InvalidCallback', {
      details: [{ path: 'success', message: 'fields:trueOrFalse' }],
    });
  if (callback.success && callback.code === undefined)
    throw new AppError('InvalidCallback', { details: [{ path: 'code', message: 'fields:required' }] });
  if (callback.success && callback.errorCode !== undefined)
    throw new AppError('InvalidCallback', {
      details: [{ path: 'errorCode', message: 'fields:notWithSuccess' }],
    });
  return callback;
}

export interface CallbacksOptions {
  readonly sdk: DigiMe;
  readonly contracts: Contracts;
  /** The digi.me this app talks to, by its API address. */
  readonly issuer: string;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly usedStates: UsedStates;
  readonly recorder: Recorder;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called when a connection has a fresh token, so that pushes that waited for it go on. */
  onConnected(connectionId: string): Promise<void>;
}

/** Finishes authorizations when the browser comes back from digi.me. */
export class Callbacks {
  readonly #options: CallbacksOptions;

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /**
   * On success: claims the `state` (once, whatever arrives in parallel), exchanges the code with the verifier from the
   * session, stores the connection, gives the session a new id, and finds the account that `accountReference` names.
   * @returns the connection that was made or renewed
   * @throws AppError InvalidCallback, SessionLost, StateUnknown, StateExpired, StateUsed, ConsentCancelled,
   *   ConsentFailed, AccountMismatch, DigimeUnreachable, DigimeRefused, TokenRefused
   */
  async handle(req: Request): Promise<Connection> {
    const callback = readCallback(req);
    if (!callback.success) return failed(req, callback);
    const connection = await inSession(req, () => this.#succeeded(req, callback as SuccessfulCallback));
    const account = await findAccount(this.#options, connection, callback.accountReference);
    this.#options.recorder.browserStep(connection.visitorId, 'connected', { type: connection.type });
    await Promise.all([this.#options.onConnected(connection.id), this.#options.recorder.settled()]);
    return account === undefined ? connection : { ...connection, account };
  }

  async #succeeded(req: Request, callback: SuccessfulCallback): Promise<Connection> {
    const { usedStates, recorder, connections } = this.#options;
    const { state = '' } = callback;
    const pending = await this.#findPending(req, state);
    await usedStates.claim(state);
    const visitorId = req.session.visitorId as string;
    recorder.browserStep(visitorId, 'callback-received', { type: pending.type });
    const token = await this.#exchange(visitorId, state, pending, callback.code);
    // digi.me took its time: a person who let themselves be forgotten meanwhile must not be known again.
    await reloadSession(req);
    const { connection, isNew } = await this.#keepConnection(visitorId, pending, token);
    try {
      await renewSession(req, (session) => ({
        visitorId,
        ...(session.startedAt !== undefined && { startedAt: session.startedAt }),
        authorizations: withoutAuthorization(session, state),
      }));
    } catch (error) {
      if (isNew) await connections.remove(connection.id);
      throw error;
    }
    return connection;
  }

  async #findPending(req: Request, state: string): Promise<PendingAuthorization> {
    try {
      // The request that went before us in this session may have used the state or renewed the id.
      await reloadSession(req);
      return findAuthorization(req.session, state, this.#options.issuer, this.#options.now());
    } catch (error) {
      if (!(error instanceof AppError) || !['SessionLost', 'StateUnknown'].includes(error.code)) throw error;
      // Without its session a callback can't be finished; the second of two equal ones is told that the first one was.
      if (await this.#options.usedStates.wasUsed(state)) throw new AppError('StateUsed');
      throw new AppError(visitorOf(req) === undefined ? 'SessionLost' : 'StateUnknown');
    }
  }

  async #exchange(
    visitorId: string,
    state: string,
    pending: PendingAuthorization,
    authorizationCode: string,
  ): Promise<UserAccessToken> {
    const { sdk, contracts, recorder, usedStates } = this.#options;
    try {
      return await sdk.exchangeCodeForToken({
        contractDetails: contractFor(contracts, pending.type),
        codeVerifier: pending.codeVerifier,
        authorizationCode,
        ...recorder.hooksOf(visitorId),
      });
    } catch (error) {
      const known = asAppError(error);
      // digi.me could not be asked: the code is still good, so the person may simply reload the page.
      if (known instanceof AppError && known.code === 'DigimeUnreachable') await usedStates.release(state);
      throw known;
    }
  }

  async #keepConnection(
    visitorId: string,
    pending: PendingAuthorization,
    token: UserAccessToken,
  ): Promise<{ connection: Connection; isNew: boolean }> {
    const { connections, contracts } = this.#options;
    const { contractId } = contractFor(contracts, pending.type);
    const existing = await this.#connectionToRenew(visitorId, pending, token);
    if (existing === undefined) {
      const connection = await connections.add({ visitorId, type: pending.type, contractId, token });
      return { connection, isNew: true };
    }
    await connections.renew(existing.id, token);
    return { connection: { ...existing, state: 'active' }, isNew: false };
  }

  /**
   * A second authorization of the same contract for the same library renews the connection that is there. What waits
   * on a connection must never end in another person's library: a reauthorization that comes back for somebody else
   * makes a connection of its own instead.
   */
  async #connectionToRenew(
    visitorId: string,
    pending: PendingAuthorization,
    token: UserAccessToken,
  ): Promise<Connection | undefined> {
    const { connections } = this.#options;
    const sameLibrary = (other: Connection) => other.userId !== undefined && other.userId === token.user?.id;
    if (pending.connectionId !== undefined) {
      const named = await connections.find(visitorId, pending.connectionId);
      return named !== undefined && sameLibrary(named) ? named : undefined;
    }
    const all = await connections.listOf(visitorId);
    return all.find(
      (other) => other.type === pending.type && other.type !== 'provider' && sameLibrary(other),
    );
  }
}

type SuccessfulCallback = Callback & { code: string };

/** @throws AppError ConsentCancelled, ConsentFailed */
async function failed(req: Request, { state, errorCode }: Callback): Promise<never> {
  const all = req.session.authorizations ?? {};
  const pending = state !== undefined && Object.hasOwn(all, state) ? all[state] : undefined;
  if (state !== undefined && pending !== undefined)
    await changeSession(req, (session) => {
      session.authorizations = withoutAuthorization(session, state);
    }).catch((error) => {
      // A session that has ended holds no authorization any more.
      if (!(error instanceof AppError && error.code === 'SessionLost')) throw error;
    });
  const code = errorCode ?? 'unknown';
  throw new AppError(code === 'USER_CANCEL' ? 'ConsentCancelled' : 'ConsentFailed', {
    platform: { code },
    // For "Try again" on the page, which begins the same authorization anew.
    values: {
      platformCode: code,
      ...(pending && { type: pending.type }),
      ...(pending?.connectionId !== undefined && { connection: pending.connectionId }),
    },
  });
}
