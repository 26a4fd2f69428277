import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import {
  type Connection,
  type ConnectionAccount,
  type Connections,
  connectionView,
} from '../../connections/index.js';
import { AppError } from '../../errors.js';
import { listExamples } from '../../fhir/index.js';
import {
  describeError,
  type Logger,
  languageOf,
  oneString,
  renderPage,
  translator,
  visitorOf,
  wantsJson,
} from '../../web/index.js';
import { fhirVersions } from '../intake/provider-intake.js';
import { chooseConnection } from '../intake/push-intake.js';
import type { ProviderAccounts } from './provider-accounts.js';
import { maxResourceBytes, type ResourceRequest } from './provider-body.js';
import type { CheckedText } from './provider-check.js';

/** A text that was sent to be checked or pushed, and what became of it. */
export interface SentText {
  request: ResourceRequest;
  /** What a check of it found. */
  checked?: CheckedText;
  /** Why it was not sent. */
  refusal?: AppError;
}

/** Which account a push of the page's connection goes to, and which ones it could go to. */
interface AccountChoice {
  accounts: ConnectionAccount[];
  /** `missing`: the callback named none of them; `gone`: it is no longer among them; `unknown`: digi.me did not say. */
  state: 'known' | 'missing' | 'gone' | 'unknown';
}

/** What `ProviderPage` uses. */
interface ProviderPageParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly accounts: ProviderAccounts;
  /** Whether there is a contract for pushes to providers. */
  readonly canConnect: boolean;
  readonly canListSources: boolean;
  readonly log: Logger;
}

/** The page for pushes to a provider. */
export class ProviderPage {
  readonly #parts: ProviderPageParts;

  constructor(parts: ProviderPageParts) {
    this.#parts = parts;
  }

  /**
   * Shows the page. It works without a connection too, for a look and for checking; after a refusal
   * it shows the text that was sent and what was wrong with it, each problem with its line.
   * @throws AppError ConnectionNotFound, NotFound for an example that is none
   */
  async show(req: Request, res: Response, sent?: SentText): Promise<void> {
    const lang = languageOf(req);
    const t = translator(lang);
    const asked = oneString(req.query.connection) ?? undefined;
    const { connections, wanted } = await this.#connectionsOf(req, sent?.request.connection ?? asked);
    if (sent === undefined && asked !== undefined) chooseConnection(connections, 'provider', asked);
    const choice = wanted && (await this.#accountChoice(wanted));
    const examples = listExamples();
    const exampleId = sent === undefined ? oneString(req.query.example) : undefined;
    const example = examples.find(({ id }) => id === exampleId);
    if (exampleId !== undefined && example === undefined) throw new AppError('NotFound');
    const text = sent?.request.text ?? (example && JSON.stringify(example.bundle, null, 2)) ?? '';
    const model = {
      ...(wanted && { connection: connectionView(t, wanted) }),
      connections: connections.map((other) => connectionView(t, other)),
      ...(choice && { accounts: choice.accounts, accountState: choice.state }),
      canConnect: this.#parts.canConnect,
      canListSources: this.#parts.canListSources,
      versions: fhirVersions,
      maxResourceBytes,
      examples: examples.map(({ id, title, description }) => ({
        id,
        title: title[lang],
        description: description[lang],
        href: `/push/provider?${new URLSearchParams({ example: id, ...(wanted && { connection: wanted.id }) })}`,
      })),
      // A page that is sent twice (double click, back button) carries the same key and makes one push.
      idempotencyKey: randomUUID(),
      resource: text,
    };
    if (wantsJson(req)) return void res.json(model);
    const problems = sent?.checked?.problems;
    const lines = problems?.length ? text.split('\n') : [];
    renderPage(
      req,
      res,
      'push/provider',
      {
        ...model,
        chosen: {
          accountId: sent?.request.accountId ?? wanted?.account?.id,
          version: sent?.request.version ?? fhirVersions[0],
        },
        textareaHtml,
        ...(problems && {
          verdict: sent?.checked?.verdict,
          repaired: sent?.checked?.repaired,
          repairAction: sent?.request.repair === 'showR4' ? 'applyR4' : 'applyRepair',
          problems: problems.map((problem) => ({
            ...problem,
            quote: lines[(problem.line ?? 0) - 1]?.trim().slice(0, 120),
          })),
        }),
        ...(sent?.refusal && { refusal: describeError(req, sent.refusal) }),
      },
      sent?.refusal ? { status: sent.refusal.status } : {},
    );
  }

  async #connectionsOf(req: Request, wanted: string | undefined) {
    const visitorId = visitorOf(req);
    const all = visitorId === undefined ? [] : await this.#parts.connections.listOf(visitorId);
    const connections = all.filter(({ type }) => type === 'provider');
    return { connections, wanted: connections.find(({ id }) => id === wanted) ?? connections[0] };
  }

  async #accountChoice(connection: Connection): Promise<AccountChoice> {
    const own = connection.account;
    const alone = own === undefined ? [] : [own];
    if (connection.state !== 'active') return { accounts: alone, state: own ? 'known' : 'unknown' };
    try {
      const accounts = await this.#parts.accounts.listFor(connection);
      if (own === undefined) return { accounts, state: 'missing' };
      return { accounts, state: accounts.some(({ id }) => id === own.id) ? 'known' : 'gone' };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#parts.log.warn({ err: error }, 'the accounts could not be listed for the page');
      return { accounts: alone, state: own ? 'known' : 'unknown' };
    }
  }
}

/**
 * Text as it stands in a `textarea`, where only `<` and an `&` before a letter or `#` mean something (WHATWG HTML, RCDATA):
 * quotes stay one character, so that the page of a long text is not several times as long.
 */
function textareaHtml(text: string): string {
  return text.replaceAll(/&(?=[A-Za-z#])/g, '&amp;').replaceAll('<', '&lt;');
}
