import type { Request, Response } from 'express';
import type { Connection, ConnectionCalls } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';
import { AppError } from '../errors.js';
import { languageOf, renderPage, seeOther, wantsJson } from '../web/index.js';
import type { AccountView } from './account-view.js';
import { type AccountAction, keepNotice, rememberVisit } from './account-visit.js';

/** One account of the visitor that something is to be done with. */
export interface ChosenAccount {
  readonly view: AccountView;
  readonly connections: readonly Connection[];
}

export interface AccountActionsOptions {
  readonly sdk: DigiMe;
  readonly calls: ConnectionCalls;
  /** The app's public address with a final slash: callbacks are made from it, never from a request. */
  baseUrl(): string;
  /** Origins that a form may lead to by a redirect: digi.me's onboarding. */
  readonly onboardOrigins: readonly string[];
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Does what a person asked for with one account. All reject with the AppErrors that `asAppError` makes. */
export class AccountActions {
  readonly #options: AccountActionsOptions;

  constructor(options: AccountActionsOptions) {
    this.#options = options;
  }

  perform(action: AccountAction, req: Request, res: Response, chosen: ChosenAccount): Promise<void> {
    if (action === 'delete') return this.#delete(req, res, chosen);
    return action === 'revoke' ? this.#withdraw(req, res, chosen) : this.#reauthorize(req, res, chosen);
  }

  /** Sends the person to digi.me to allow one account again. */
  async #reauthorize(req: Request, res: Response, { view, connections }: ChosenAccount): Promise<void> {
    const { sdk, calls, baseUrl } = this.#options;
    const { url } = await calls.actWithAny(connections, (call) =>
      sdk.getReauthorizeAccountUrl({
        ...call,
        accountId: view.id,
        callback: `${baseUrl()}accounts/reauthorized`,
        locale: languageOf(req),
      }),
    );
    await rememberVisit(req, 'reauthorize', this.#visitTo(view));
    this.#goOn(req, res, url, view);
  }

  /** Sends the person to the provider's own page, where the permission is withdrawn. */
  async #withdraw(req: Request, res: Response, { view, connections }: ChosenAccount): Promise<void> {
    const { sdk, calls, baseUrl } = this.#options;
    const { location } = await calls.actWithAny(connections, (call) =>
      sdk.getRevokeAccountPermissionUrl({
        ...call,
        accountId: view.id,
        redirectUri: `${baseUrl()}accounts/revoked`,
      }),
    );
    await rememberVisit(req, 'revoke', this.#visitTo(view));
    this.#goOn(req, res, location, view);
  }

  /** Deletes the account at digi.me. */
  async #delete(req: Request, res: Response, { view, connections }: ChosenAccount): Promise<void> {
    const { sdk, calls } = this.#options;
    await calls.actWithAny(connections, (call) => sdk.deleteAccount({ ...call, accountId: view.id }));
    await keepNotice(req, { deed: 'delete', name: view.name, isDone: true });
    seeOther(req, res, '/accounts', { deleted: view.id });
  }

  #visitTo(view: AccountView) {
    return { accountId: view.id, name: view.name, startedAt: this.#options.now() };
  }

  /**
   * The policy `form-action` covers the redirect after a form: a provider's own address is not known beforehand, so
   * there the person gets a page with a link instead.
   */
  #goOn(req: Request, res: Response, url: string, account: AccountView): void {
    const { protocol, origin, host } = new URL(url);
    if (protocol !== 'https:' && protocol !== 'http:') throw new AppError('DigimeRefused');
    if (wantsJson(req) || this.#options.onboardOrigins.includes(origin)) seeOther(req, res, url, { url });
    else renderPage(req, res, 'accounts/onward', { url, host, account });
  }
}
