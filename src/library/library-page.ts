import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { type Connection, connectionView } from '../connections/index.js';
import { AppError } from '../errors.js';
import { languageOf, oneString, renderPage, translator, wantsJson } from '../web/index.js';
import { fileKindOf, fileKinds } from './file-kind.js';
import { type FileView, fileView } from './file-view.js';
import { isLearning, type LearningOptions, learnDetails, smallFileBytes } from './learn-details.js';
import { choicesOf, isFiltering, type LibraryFilter, passes, readFilter } from './library-filter.js';
import { likelyPush } from './likely-push.js';
import type { PushedFiles } from './pushed-files.js';
import { asReadError } from './read-error.js';
import type { ReadLibraries } from './read-libraries.js';
import { isUnfinished, type ReadLibrary } from './read-library.js';

const pageLength = 50;
/** The details of what is on the page are usually there within this; if not, the page comes without and follows up. */
const patienceMs = 600;

/** Whether what is read is the library that the visitor sends to; `unknown` where digi.me did not say. */
export type SameLibrary = 'same' | 'other' | 'unknown';

export function compareLibraries(read: Connection, all: readonly Connection[]): SameLibrary {
  const writing = all.filter(({ type }) => type !== 'read');
  if (writing.some(({ userId }) => userId !== undefined && userId === read.userId)) return 'same';
  const canTell = read.userId !== undefined && writing.every(({ userId }) => userId !== undefined);
  return canTell && writing.length > 0 ? 'other' : 'unknown';
}

/** What the page of a library takes. */
export interface LibraryPageOptions extends LearningOptions {
  readonly libraries: ReadLibraries;
  readonly pushedFiles: PushedFiles;
}

/** The list of one library: as far as digi.me has got, filtered, a page at a time. */
export async function showLibrary(
  options: LibraryPageOptions,
  req: Request,
  res: Response,
  connections: readonly Connection[],
  connection: Connection,
): Promise<void> {
  const filter = readFilter(req.query);
  const library = options.libraries.of(connection);
  const { visitorId } = connection;
  try {
    const changedAt = await options.pushedFiles.lastDeliveredAt(visitorId);
    await library.look({ changedAt, again: req.query.again !== undefined });
  } catch (error) {
    throw asReadError(error);
  }
  const shown = await filesToShow(options, library, filter, pageOf(req));
  const files = await viewsOf(options, connections, connection, shown.files);
  const all = library.files;
  const described = all.filter(({ details, failures }) => details !== undefined || failures > 1).length;
  const isFinished = !isUnfinished(library.state) && !isLearning(library) && described === all.length;
  const model = {
    state: library.state,
    isFinished,
    progress: { listed: all.length, described },
    isCut: library.isCut,
    files,
    total: shown.total,
    page: shown.page,
    pages: shown.pages,
    filter,
    choices: choicesOf(all, filter),
    sameLibrary: compareLibraries(connection, connections),
  };
  if (wantsJson(req)) {
    const links = { self: '/library', authorize: '/library/authorize' };
    return void res.json({ ...model, connection: { id: connection.id }, links });
  }
  const t = translator(languageOf(req));
  renderPage(req, res, 'library/list', {
    ...model,
    isFiltering: isFiltering(filter),
    kinds: kindsToChoose(model.choices.type, filter.type),
    connection: connectionView(t, connection),
    readings: connections.filter(({ type }) => type === 'read').map((other) => connectionView(t, other)),
    pageLinks: linksToPages(req, shown.page, shown.pages),
  });
}

/** The kinds among the types that there are, in one order; the one that is chosen is marked. */
function kindsToChoose(types: readonly string[], chosen: string | undefined) {
  const kindOf = (type: string) => fileKinds.find((kind) => kind === type.toLowerCase()) ?? fileKindOf(type);
  const present = new Set(types.map(kindOf));
  return fileKinds
    .filter((kind) => present.has(kind))
    .map((kind) => ({ kind, isChosen: chosen !== undefined && kindOf(chosen) === kind }));
}

function pageOf(req: Request): number {
  const page = Number(oneString(req.query.page) ?? 1);
  if (!Number.isSafeInteger(page) || page < 1)
    throw new AppError('InvalidRequest', { details: [{ path: 'page', message: 'fields:serviceId' }] });
  return page;
}

async function filesToShow(
  options: LearningOptions,
  library: ReadLibrary,
  filter: LibraryFilter,
  wanted: number,
) {
  const select = () => {
    const files = library.files.filter((file) => passes(filter, file));
    const pages = Math.max(1, Math.ceil(files.length / pageLength));
    const page = Math.min(wanted, pages);
    return {
      files: files.slice((page - 1) * pageLength, page * pageLength),
      total: files.length,
      page,
      pages,
    };
  };
  const learning = learnDetails(options, library, select().files);
  await Promise.race([learning, sleep(patienceMs, undefined, { ref: false })]);
  return select();
}

async function viewsOf(
  options: LibraryPageOptions,
  connections: readonly Connection[],
  connection: Connection,
  files: ReturnType<ReadLibrary['file']>[],
): Promise<FileView[]> {
  const hashes = files.flatMap(({ bytes }) => (bytes ? [bytes.sha256] : []));
  const pushed = await options.pushedFiles.bySha256(connection.visitorId, hashes);
  const isOnlyOne = connections.filter(({ type }) => type === 'read').length === 1;
  const unread = files.some(({ bytes }) => bytes === undefined);
  const large = unread ? await options.pushedFiles.largerThan(connection.visitorId, smallFileBytes) : [];
  return files.map((file) =>
    fileView(options.applicationId, file, {
      pushed: file.bytes && pushed.get(file.bytes.sha256),
      likely: file.bytes ? undefined : likelyPush(file, large),
      connectionId: isOnlyOne ? undefined : connection.id,
    }),
  );
}

function linksToPages(req: Request, page: number, pages: number): { previous?: string; next?: string } {
  const link = (to: number) => {
    const query = new URLSearchParams(req.originalUrl.split('?').slice(1).join('?'));
    query.delete('again');
    query.set('page', String(to));
    return `/library?${query}`;
  };
  return { ...(page > 1 && { previous: link(page - 1) }), ...(page < pages && { next: link(page + 1) }) };
}
