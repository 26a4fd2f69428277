import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Connection } from '../connections/index.js';
import type { PayloadStore } from '../storage/index.js';
import { renderPage, wantsJson } from '../web/index.js';
import { attachment } from './download-name.js';
import { type FetchedFile, withFile } from './fetch-file.js';
import { type FileView, fileView } from './file-view.js';
import { previewOf } from './preview.js';
import type { PushedFiles } from './pushed-files.js';
import type { ReadLibraries } from './read-libraries.js';
import { servedType } from './served-type.js';
import { withoutScripts } from './without-scripts.js';

/** A document made of this can show itself and do nothing else. */
const inertDocument =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** The page around a preview runs no script at all, not even ours; the sandbox also stops what a browser might add. */
const previewPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox allow-same-origin allow-downloads',
].join('; ');

/** What the answers about one file take. */
export interface FilePageOptions {
  readonly libraries: ReadLibraries;
  readonly pushedFiles: PushedFiles;
  readonly spool: PayloadStore;
  readonly applicationId: string;
}

export interface FileRequest {
  readonly connection: Connection;
  readonly name: string;
  /** Whether links have to say which connection, because the visitor reads several libraries. */
  readonly isOneOfSeveral: boolean;
}

/**
 * `GET /library/{name}`: the file as a download; with `?preview` a page about it. The whole file is fetched
 * and decrypted before the first byte is answered.
 */
export async function answerFile(
  options: FilePageOptions,
  req: Request,
  res: Response,
  wanted: FileRequest,
): Promise<void> {
  const abort = new AbortController();
  res.once('close', () => abort.abort());
  const library = options.libraries.of(wanted.connection);
  await withFile(options.spool, library, wanted.name, abort.signal, async (fetched) => {
    const pushed = await options.pushedFiles.bySha256(wanted.connection.visitorId, [fetched.payload.sha256]);
    const { details, payload } = fetched;
    const file = { ...library.file(wanted.name), details, bytes: payload };
    const view = fileView(options.applicationId, file, {
      pushed: pushed.get(payload.sha256),
      connectionId: wanted.isOneOfSeveral ? wanted.connection.id : undefined,
    });
    if (req.query.preview !== undefined) await showPreview(options.spool, req, res, fetched, view);
    else await sendFile(options.spool, req, res, fetched, view);
  }).catch((error) => {
    if (!abort.signal.aborted || !hasLeft(res, error)) throw error;
  });
}

/** Whether the visitor went away, so that there is nobody to answer; a fault of ours also ends the connection. */
const hasLeft = (res: Response, error: unknown) =>
  !res.headersSent || (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';

async function showPreview(
  spool: PayloadStore,
  req: Request,
  res: Response,
  { payload, details }: FetchedFile,
  file: FileView,
): Promise<void> {
  if (wantsJson(req)) return void res.json({ file });
  const preview = await previewOf(spool, payload, details.mimeType);
  res.set('Content-Security-Policy', previewPolicy);
  withoutScripts(res);
  renderPage(req, res, 'library/file', { file, preview });
}

async function sendFile(
  spool: PayloadStore,
  req: Request,
  res: Response,
  { payload, details }: FetchedFile,
  file: FileView,
): Promise<void> {
  res.set({
    'Content-Type': servedType(details.mimeType),
    'Content-Length': String(payload.size),
    'Content-Disposition': attachment(file.title),
    'Content-Security-Policy': inertDocument,
    'X-Content-Type-Options': 'nosniff',
  });
  if (req.method === 'HEAD') return void res.end();
  // A reader that fails here ends the connection before Content-Length is reached: the browser reports a failed download.
  await pipeline(spool.read(payload, payload.key), res);
}
