import { type Request, type Response, Router } from 'express';
import { connectionView } from '../connections/index.js';
import { ServerError } from '../digime/index.js';
import { AppError } from '../errors.js';
import {
  describeError,
  languageOf,
  noReferrer,
  rateLimitPerMinute,
  renderPage,
  smallBody,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import { type ChosenAccount, deleteAccount, startReauthorization, startWithdrawal } from './account-deeds.js';
import { returnFromReauthorization, returnFromWithdrawal } from './account-returns.js';
import { accountView } from './account-view.js';
import { type AccountDeed, accountDeeds, takeNotice } from './account-visit.js';
import { findOwnAccount, readLibraryAccounts } from './library-accounts.js';
import type { AccountsParts } from './parts.js';

const perform = { reauthorize: startReauthorization, revoke: startWithdrawal, delete: deleteAccount };

/** `GET /accounts`, the question before each deed, `POST /accounts/{id}/{deed}`, and the ways back from outside. */
export function accountsRouter(parts: AccountsParts, startsPerMinute: number): Router {
  const router = Router();
  const { onboarding } = parts;
  const connectionsOf = async (req: Request) => {
    const visitorId = visitorOf(req);
    return visitorId === undefined ? [] : onboarding.connections.listOf(visitorId);
  };
  const choose = async (req: Request, accountId: string): Promise<ChosenAccount> => {
    const found = await findOwnAccount(onboarding, await connectionsOf(req), accountId);
    return { view: accountView(found.account, onboarding.now()), connections: found.connections };
  };

  router.get('/accounts', async (req, res) => showAccounts(parts, req, res, await connectionsOf(req)));

  router.get('/accounts/revoked', noReferrer, async (req, res) =>
    returnFromWithdrawal(parts, req, res, await connectionsOf(req)),
  );
  router.get('/accounts/reauthorized', noReferrer, async (req, res) =>
    returnFromReauthorization(parts, req, res, await connectionsOf(req)),
  );

  for (const deed of accountDeeds) {
    router.get(`/accounts/:id/${deed}`, async (req, res) => {
      const { view, connections } = await choose(req, req.params.id);
      if (wantsJson(req)) res.json({ account: view, links: { confirm: view.links[deed] } });
      else ask(req, res, deed, { view, connections });
    });
    router.post(
      `/accounts/:id/${deed}`,
      noReferrer,
      rateLimitPerMinute(startsPerMinute),
      ...smallBody,
      async (req, res) => {
        const chosen = await choose(req, req.params.id as string);
        try {
          await perform[deed](parts, req, res, chosen);
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
  { onboarding }: AccountsParts,
  req: Request,
  res: Response,
  connections: Awaited<ReturnType<AccountsParts['onboarding']['connections']['listOf']>>,
): Promise<void> {
  const t = translator(languageOf(req));
  const libraries = (await readLibraryAccounts(onboarding, connections)).map((library) => ({
    connections: library.connections.map((connection) => connectionView(t, connection)),
    accounts: library.accounts.map((account) => accountView(account, onboarding.now())),
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
  deed: AccountDeed,
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
