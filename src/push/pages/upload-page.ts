import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { type Connections, connectionView } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import { describeError, languageOf, oneString, renderPage, translator, wantsJson } from '../../web/index.js';
import { chooseConnection } from '../intake/push-intake.js';
import type { Ledger } from '../ledger/ledger.js';

const suggestedTags = 8;

/** Where nothing can be sent yet: the way to connect a library, which comes back to this page. */
export function showConnectCard(req: Request, res: Response): void {
  renderPage(req, res, 'push/connect', { type: 'library' });
}

/** The upload page of one connection; after a refusal with what was wrong, each problem at its field. */
export async function showUploadPage(
  parts: {
    readonly connections: Pick<Connections, 'listOf'>;
    readonly ledger: Pick<Ledger, 'list'>;
    readonly maxUploadBytes: number;
  },
  req: Request,
  res: Response,
  visitorId: string,
  refusal?: AppError,
): Promise<void> {
  const t = translator(languageOf(req));
  const connections = await parts.connections.listOf(visitorId);
  const wanted =
    oneString(req.query.connection) ??
    oneString((req.body as Record<string, unknown> | undefined)?.connection) ??
    undefined;
  if (!wantsJson(req) && !connections.some(({ type }) => type === 'library'))
    return showConnectCard(req, res);
  const connection = chooseConnection(connections, 'library', wanted);
  const model = {
    connection: connectionView(t, connection),
    connections: connections.map((other) => connectionView(t, other)),
    maxUploadBytes: parts.maxUploadBytes,
    // A page that is sent twice (double click, back button) carries the same key and makes one push.
    idempotencyKey: randomUUID(),
    defaults: {
      accountId: connection.account?.id ?? connection.id,
      tags: await recentTags(parts.ledger, visitorId),
    },
  };
  if (wantsJson(req) && refusal === undefined) return void res.json(model);
  const problems = refusal && describeError(req, refusal);
  const values = refusal && (req.body as Record<string, unknown> | undefined);
  renderPage(
    req,
    res,
    'push/upload',
    {
      ...model,
      ...(problems && { problems: problems.details ?? [{ path: 'file', message: problems.message }] }),
      ...(values && { values }),
    },
    refusal ? { status: refusal.status } : {},
  );
}

async function recentTags(ledger: Pick<Ledger, 'list'>, visitorId: string): Promise<string[]> {
  const pushes = await ledger.list(visitorId, { limit: 20 });
  return [...new Set(pushes.flatMap((push) => push.descriptor?.tags ?? []))].slice(0, suggestedTags);
}

/** Refusals that the person mends in the form they have just sent; the others have a page of their own. */
export function belongsToForm(error: unknown): error is AppError {
  return error instanceof AppError && [413, 422].includes(error.status);
}
