import type { Request, Response } from 'express';
import type { Connection, ConnectionCalls, Connections } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';
import { AppError } from '../errors.js';
import { isWellEncoded, type Logger, oneString, seeOther } from '../web/index.js';
import type { AccountReader } from './account-reader.js';
import { accountView } from './account-view.js';
import { type AccountAction, keepNotice, takeVisit } from './account-visit.js';

const maxMessageCharacters = 500;

function parameter(req: Request, name: string): string | undefined {
  if (!isWellEncoded(req.url))
    throw new AppError('InvalidCallback', { details: [{ path: 'query', message: 'fields:percentEncoded' }] });
  const value = oneString(req.query[name]);
  if (value === null || (value !== undefined && value.length > 4096))
    throw new AppError('InvalidCallback', { details: [{ path: name, message: 'fields:oneValue' }] });
  return value;
}

export interface AccountReturnsOptions {
  readonly sdk: DigiMe;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly accounts: AccountReader;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called when a connection is usable again, so that pushes that waited for it go on. */
  onConnected(connectionId: string): Promise<void>;
}

/** The ways back from a provider's page and from digi.me. */
export class AccountReturns {
  readonly #options: AccountReturnsOptions;

  constructor(options: AccountReturnsOptions) {
    this.#options = options;
  }

  /**
   * `GET /accounts/revoked?result=success|failed&error_message=`: back from the provider (`protocol.md`, "revoke"). What
   * the address says decides nothing: the account's state is read from digi.me. @throws AppError InvalidCallback
   */
  async fromWithdrawal(req: Request, res: Response, connections: readonly Connection[]): Promise<void> {
    const result = parameter(req, 'result');
    if (result !== 'success' && result !== 'failed') throw new AppError('InvalidCallback');
    const message = parameter(req, 'error_message');
    const { accountId, name } = await takeVisit(req, 'revoke', this.#options.now());
    const permission = await this.#permissionOf(connections, accountId);
    const isDone = result === 'success' && permission !== 'allowed';
    await finish(req, res, 'revoke', name, isDone, isDone ? undefined : message);
  }

  /**
   * `GET /accounts/reauthorized`: back from digi.me, which gives no code and no `state` for a single account. Where the
   * account is authorized again, its connections are usable and what waited for them goes on.
   * @throws AppError InvalidCallback
   */
  async fromReauthorization(req: Request, res: Response, connections: readonly Connection[]): Promise<void> {
    const success = parameter(req, 'success');
    if (success !== 'true' && success !== 'false') throw new AppError('InvalidCallback');
    const errorCode = parameter(req, 'errorCode');
    const { accountId, name } = await takeVisit(req, 'reauthorize', this.#options.now());
    const permission = await this.#permissionOf(connections, accountId);
    const isDone = success === 'true' && (permission === 'allowed' || permission === 'unknown');
    if (isDone) await this.#resume(connections, accountId);
    await finish(req, res, 'reauthorize', name, isDone, isDone ? undefined : errorCode);
  }

  /** What digi.me says of the account now; `unreachable` where it can't be asked or has no such account any more. */
  async #permissionOf(connections: readonly Connection[], accountId: string) {
    try {
      const { account } = await this.#options.accounts.find(connections, accountId);
      return accountView(account, this.#options.now()).permission;
    } catch (error) {
      if (error instanceof AppError) return 'unreachable';
      throw error;
    }
  }

  /** A refused account had marked its connections: those whose permission digi.me accepts are usable again. */
  async #resume(all: readonly Connection[], accountId: string): Promise<void> {
    const { sdk, connections, calls, accounts, log, onConnected } = this.#options;
    const found = await accounts.find(all, accountId);
    for (const connection of found.connections) {
      try {
        await calls.act(connection, (call) => sdk.readAccounts(call));
        if (connection.state === 'needs-reauthorization') await connections.markUsable(connection.id);
        await onConnected(connection.id);
      } catch (error) {
        log.info({ err: error, connection: connection.id }, 'a connection is still not usable');
      }
    }
  }
}

async function finish(
  req: Request,
  res: Response,
  deed: AccountAction,
  name: string,
  isDone: boolean,
  message: string | undefined,
): Promise<void> {
  const shown = message?.slice(0, maxMessageCharacters);
  await keepNotice(req, { deed, name, isDone, ...(shown && { message: shown }) });
  seeOther(req, res, '/accounts', { deed, isDone, ...(shown && { message: shown }) });
}
