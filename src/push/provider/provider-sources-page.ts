import type { Request, Response } from 'express';
import { AppError } from '../../errors.js';
import { describeError, oneString, renderPage, visitorOf, wantsJson } from '../../web/index.js';
import type { ProviderSources, SourceList } from './provider-sources.js';

/** Answers `GET /push/provider/sources`: searches, in pages; each source has a button that starts its authorization. */
export async function showSources(sources: ProviderSources, req: Request, res: Response): Promise<void> {
  const search = (oneString(req.query.search) ?? '').trim().slice(0, 100);
  const wanted = Number(oneString(req.query.offset) ?? 0);
  const offset = Number.isSafeInteger(wanted) && wanted > 0 ? Math.min(wanted, 1_000_000) : 0;
  const address = (at: number) =>
    `/push/provider/sources?${new URLSearchParams({ search, offset: String(at) })}`;
  let list: SourceList;
  try {
    list = await sources.list(visitorOf(req), search, offset);
  } catch (error) {
    // The person can still choose the source at digi.me: said on the page, which has that button.
    if (!(error instanceof AppError) || wantsJson(req)) throw error;
    const problem = describeError(req, error);
    return renderPage(
      req,
      res,
      'push/provider-sources',
      { search, sources: [], total: 0, problem },
      { status: error.status },
    );
  }
  const links = {
    ...(offset > 0 && { previous: address(Math.max(0, offset - list.limit)) }),
    ...(offset + list.limit < list.total && { next: address(offset + list.limit) }),
  };
  if (wantsJson(req)) res.json({ ...list, links });
  else renderPage(req, res, 'push/provider-sources', { search, ...list, links });
}
