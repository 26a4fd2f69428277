import express, { type Request, type RequestHandler, type Response } from 'express';
import multer, { MulterError } from 'multer';
import { AppError, type Problem } from '../../errors.js';
import { oneString } from '../../web/index.js';

/** The largest bundle that is taken in, as JSON text in UTF-8. */
export const maxResourceBytes = 5 * 2 ** 20;
/** Room for line breaks that forms write as two characters, so that such a text comes back to its page all the same. */
const maxFieldBytes = maxResourceBytes + 3 * 2 ** 20;
/** JSON text within JSON, or percent-encoded, grows by its quotes, brackets and blanks. */
export const maxEscapedBytes = 3 * maxResourceBytes;

/** What a person or a script wants to be sent or checked. */
export interface ResourceRequest {
  connection?: string;
  accountId?: string;
  version?: string;
  idempotencyKey?: string;
  /** The bundle as JSON text, lines ending in LF; `undefined` when there was none. */
  text?: string;
  /** The form's button Format was pressed. */
  format?: boolean;
}

const readJson = express.json({ limit: maxEscapedBytes, type: ['application/json', 'application/*+json'] });
const readEncoded = express.urlencoded({ extended: false, limit: maxEscapedBytes, parameterLimit: 20 });
const readParts = multer({
  storage: multer.memoryStorage(),
  limits: {
    fieldNameSize: 100,
    fieldSize: maxFieldBytes,
    fields: 10,
    files: 1,
    parts: 11,
    headerPairs: 40,
    fileSize: maxResourceBytes,
    fieldNestingDepth: 0,
    fieldArrayIndexLimit: 0,
  },
}).single('file');

const tooLarge = (cause?: unknown) =>
  new AppError('ProviderResourceTooLarge', {
    details: [{ path: 'resource', message: 'fields:resourceTooLarge' }],
    cause,
  });

/** @throws AppError ProviderResourceTooLarge when the text has more than 5 MiB. */
export function assertResourceSize(text: string): void {
  if (text.length > maxResourceBytes || Buffer.byteLength(text) > maxResourceBytes) throw tooLarge();
}

/**
 * Reads one request about a bundle: JSON, where `resource` is the bundle or its text, or the form's fields, as
 * multipart or percent-encoded, where a chosen file takes the place of the text.
 * @throws AppError UnsupportedMediaType, ProviderResourceTooLarge, ProviderResourceInvalid, InvalidRequest,
 *   UnexpectedField, MalformedMultipart, UploadAborted
 */
export async function receiveResource(req: Request, res: Response): Promise<ResourceRequest> {
  const parser = parserFor(req);
  await new Promise<void>((resolve, reject) => {
    req.once('close', () => req.complete || reject(new AppError('UploadAborted')));
    parser(req, res, (error?: unknown) => (error ? reject(asBodyError(error)) : resolve()));
  });
  const body: unknown = req.body;
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = req.file ? req.file.buffer.toString('utf8') : textOf(fields.resource);
  return { ...plainFields(fields), ...(text !== undefined && { text }) };
}

function parserFor(req: Request): RequestHandler {
  if (req.is('multipart/form-data')) return readParts;
  if (req.is('application/x-www-form-urlencoded')) return readEncoded;
  if (req.is(['application/json', 'application/*+json'])) return readJson;
  throw new AppError('UnsupportedMediaType');
}

function asBodyError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof MulterError) {
    if (error.code === 'LIMIT_FILE_SIZE' || error.code === 'LIMIT_FIELD_VALUE') return tooLarge(error);
    const field = (error.field ?? '').slice(0, 100);
    return new AppError('UnexpectedField', {
      cause: error,
      values: { field },
      ...(field && { details: [{ path: field, message: 'fields:UnexpectedField' }] }),
    });
  }
  const { status, type } = error as { status?: number; type?: string };
  if (status === 413 && type === 'entity.too.large') return tooLarge(error);
  if (type === 'entity.parse.failed')
    return new AppError('InvalidRequest', {
      cause: error,
      details: [{ path: '', message: 'fields:notJson' }],
    });
  // What remains without a status comes from busboy: no boundary, bad part headers, a body that ends early.
  return status === undefined ? new AppError('MalformedMultipart', { cause: error }) : error;
}

function plainFields(fields: Record<string, unknown>): Omit<ResourceRequest, 'text'> {
  const problems: Problem[] = [];
  const read = (name: string) => {
    const value = Object.hasOwn(fields, name) ? oneString(fields[name] ?? undefined) : undefined;
    if (value === null) problems.push({ path: name, message: 'fields:oneValue' });
    return value ? { [name]: value } : {};
  };
  const plain = ['connection', 'accountId', 'version', 'idempotencyKey'].map(read);
  const format = read('format');
  if (problems.length > 0) throw new AppError('InvalidRequest', { details: problems });
  return { ...Object.assign({}, ...plain), ...(format.format && { format: true }) };
}

function textOf(resource: unknown): string | undefined {
  if (resource === undefined || resource === null || resource === '') return undefined;
  // Forms end lines in CR LF (WHATWG HTML, multipart/form-data encoding), whatever was typed or pasted.
  if (typeof resource === 'string') return resource.replaceAll('\r\n', '\n');
  try {
    return JSON.stringify(resource);
  } catch (cause) {
    // The call stack ends before some 10,000 levels; the check allows a hundred.
    throw new AppError('ProviderResourceInvalid', {
      details: [{ path: 'resource', message: 'fields:tooDeep' }],
      cause,
    });
  }
}
