import { type Request, type Response, Router } from 'express';
import {
  type Connection,
  type ConnectionCalls,
  type Connections,
  connectionView,
} from '../connections/index.js';
import { type DigiMe, ServerError } from '../digime/index.js';
import { AppError } from '../errors.js';
import {
  describeError,
  type Logger,
  languageOf,
  noReferrer,
  type RateLimits,
  renderPage,
  smallBody,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import { AccountActions, type ChosenAccount } from './account-actions.js';
import { AccountReader } from './account-reader.js';
import { AccountReturns } from './account-returns.js';
import { accountView } from './account-view.js';
import { type AccountAction, accountActions, takeNotice } from './account-visit.js';

export interface AccountsRouterOptions {
  readonly sdk: DigiMe;
  readonly connections: Connections;
  readonly calls: ConnectionCalls;
  readonly log: Logger;
  readonly limits: RateLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** The app's public address with a final slash. */
  baseUrl(): string;
  /** Origins that a form may lead to by a redirect: digi.me's onboarding. */
  readonly onboardOrigins: readonly string[];
  /** Called when a connection is usable again, so that pushes that waited for it go on. */
  onConnected(connectionId: string): Promise<void>;
}

/** `GET /accounts`, the question before each deed, `POST /accounts/{id}/{deed}`, and the ways back from outside. */
export function accountsRouter(options: AccountsRouterOptions): Router {
  const router = Router();
  const { sdk, connections, calls, log, now, baseUrl, onboardOrigins, onConnected } = options;
  const accounts = new AccountReader(sdk, calls);
  const actions = new AccountActions({ sdk, calls, baseUrl, onboardOrigins, now });
  const returns = new AccountReturns({ sdk, connections, calls, accounts, log, now, onConnected });
  const connectionsOf = async (req: Request) => {
    const visitorId = visitorOf(req);
    return visitorId === undefined ? [] : connections.listOf(visitorId);
  };
  const choose = async (req: Request, accountId: string): Promise<ChosenAccount> => {
    const found = await accounts.find(await connectionsOf(req), accountId);
    return { view: accountView(found.account, now()), connections: found.connections };
  };

  router.get('/accounts', async (req, res) =>
    showAccounts(accounts, now(), req, res, await connectionsOf(req)),
  );
  router.get('/accounts/revoked', noReferrer, async (req, res) =>
    returns.fromWithdrawal(req, res, await connectionsOf(req)),
  );
  router.get('/accounts/reauthorized', noReferrer, async (req, res) =>
    returns.fromReauthorization(req, res, await connectionsOf(req)),
  );

  for (const deed of accountActions) {
    router.get(`/accounts/:id/${deed}`, async (req, res) => {
      const { view, connections } = await choose(req, req.params.id);
      if (wantsJson(req)) res.json({ account: view, links: { confirm: view.links[deed] } });
      else ask(req, res, deed, { view, connections });
    });
    router.post(
      `/accounts/:id/${deed}`,
      noReferrer,
      ...options.limits.starts,
      ...smallBody,
      async (req, res) => {
        const chosen = await choose(req, req.params.id as string);
        try {
          await actions.perform(deed, req, res, chosen);
        } catch (error) {
          if (!(error instanceof AppError) || error.platform === undefined || wantsJson(req)) throw error;
          ask(req, res, deed, chosen, error);
        }
      },
    );
  }
  return router;
}

async function showAccounts(
  accounts: AccountReader,
  now: number,
  req: Request,
  res: Response,
  connections: readonly Connection[],
): Promise<void> {
  const t = translator(languageOf(req));
  const libraries = (await accounts.readLibraries(connections)).map((library) => ({
    connections: library.connections.map((connection) => connectionView(t, connection)),
    accounts: library.accounts.map((account) => accountView(account, now)),
    ...(library.failure && {
      failure: { code: library.failure.code, ...describeError(req, library.failure) },
    }),
  }));
  if (wantsJson(req))
    return void res.json({ accounts: libraries.flatMap(({ accounts }) => accounts), libraries });
  const notice = visitorOf(req) === undefined ? undefined : await takeNotice(req);
  renderPage(req, res, 'accounts/list', { libraries, ...(notice && { notice }) });
}

/** Asks once before a deed; after a refusal with digi.me's reason and the ways that are left. */
function ask(
  req: Request,
  res: Response,
  deed: AccountAction,
  { view }: ChosenAccount,
  refusal?: AppError,
): void {
  const model = { account: view, deed };
  if (refusal === undefined) return void renderPage(req, res, 'accounts/ask', model);
  const { code, reference } = refusal.platform ?? {};
  const words = { message: describeError(req, refusal).message, said: wordsOf(refusal), code, reference };
  renderPage(req, res, 'accounts/ask', { ...model, refusal: words }, { status: refusal.status });
}

/** digi.me's own sentence, where it gave one. */
function wordsOf({ cause }: AppError): string | undefined {
  return cause instanceof ServerError ? cause.error.message.slice(0, 300) : undefined;
}
