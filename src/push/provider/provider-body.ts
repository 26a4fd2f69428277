import express, { type Request, type RequestHandler, type Response } from 'express';
import multer, { MulterError } from 'multer';
import { AppError, type Problem } from '../../errors.js';
import { decodeUtf8, type RuleId, sayIn } from '../../fhir/index.js';
import { type Language, languageOf, oneString } from '../../web/index.js';
import type { OpenedBody } from './json-body.js';
import type { RepairAction } from './provider-check.js';
import type { Asker, ResourceChecker } from './provider-checker.js';

/** The largest bundle that is taken in, as JSON text in UTF-8. */
export const maxResourceBytes = 5 * 2 ** 20;
/** How long a parser may take for the rest of a body that has arrived. */
const parserPatienceMs = 2000;
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
  /** The text is to be laid out: the form's button Format. */
  format?: boolean;
  /** The form's buttons Fix it for me, Turn it into STU3 and Use this text. */
  repair?: RepairAction;
  /** What a profile or MedMij refuses goes all the same: the person has been told and has said so. */
  sendAnyway?: boolean;
}

const actions = new Map<string, ResourceRequest['repair']>([
  ['repair', 'show'],
  ['applyRepair', 'apply'],
  ['importR4', 'showR4'],
  ['applyR4', 'applyR4'],
]);

const readJson = express.raw({ limit: maxEscapedBytes, type: ['application/json', 'application/*+json'] });
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
 * multipart or percent-encoded, where a chosen file takes the place of the text. A bundle keeps every digit as it was
 * written.
 * @throws AppError UnsupportedMediaType, ProviderResourceTooLarge, ProviderResourceInvalid, InvalidRequest,
 *   UnexpectedField, MalformedMultipart, UploadAborted, and as `ResourceChecker.open`
 */
export async function receiveResource(
  req: Request,
  res: Response,
  checker: Pick<ResourceChecker, 'open'>,
  asker: Asker,
): Promise<ResourceRequest> {
  await readBody(req, res, parserFor(req));
  const language = languageOf(req);
  const body: unknown = req.body;
  if (Buffer.isBuffer(body)) {
    const { fields, text } = openedOr(await checker.open(body, asker), language);
    return { ...plainFields(fields), ...(text !== undefined && { text }) };
  }
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = req.file ? fileText(req.file.buffer, language) : fieldText(fields.resource, language);
  return { ...plainFields(fields), ...(text !== undefined && { text }) };
}

/**
 * Has a parser read the body of a request, to its end or until the client leaves.
 * @throws AppError ProviderResourceTooLarge, UnexpectedField, MalformedMultipart, UploadAborted
 */
export async function readBody(req: Request, res: Response, parser: RequestHandler): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    req.once('close', () => req.complete || reject(new AppError('UploadAborted')));
    let wasComplete = false;
    // busboy never ends where a part is opened behind the closing boundary.
    timer = setInterval(() => {
      if (wasComplete) reject(new AppError('MalformedMultipart'));
      wasComplete = req.complete;
    }, parserPatienceMs);
    parser(req, res, (error?: unknown) => (error ? reject(asBodyError(error)) : resolve()));
  }).finally(() => clearInterval(timer));
}

/** @throws AppError ProviderResourceInvalid, InvalidRequest */
function openedOr(opened: OpenedBody, language: Language): Extract<OpenedBody, { fields: unknown }> {
  if (!('fault' in opened)) return opened;
  if (opened.fault === 'not-json')
    throw new AppError('InvalidRequest', { details: [{ path: '', message: 'fields:notJson' }] });
  if (opened.fault === 'not-utf8') throw notUtf8(language, opened.offset);
  const { rule, values, line, column } = opened;
  throw faultAt(language, line, column, rule, values);
}

function faultAt(
  language: Language,
  line: number,
  column: number,
  rule: RuleId,
  values: Parameters<typeof sayIn>[2],
) {
  const filled = { line, column, message: sayIn(language, rule, values) };
  return new AppError('ProviderResourceInvalid', {
    details: [{ path: 'resource', message: 'provider:result.atLine', values: filled }],
  });
}

const notUtf8 = (language: Language, offset: number | string) =>
  new AppError('ProviderResourceInvalid', {
    details: [{ path: 'resource', message: sayIn(language, 'utf8-invalid', { offset }) }],
  });

function fileText(bytes: Buffer, language: Language): string {
  const decoded = decodeUtf8(bytes);
  if ('invalidAt' in decoded) throw notUtf8(language, decoded.invalidAt);
  return decoded.text;
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
  // What remains without a status comes from busboy: no boundary, bad part headers, a body that ends early.
  return status === undefined ? new AppError('MalformedMultipart', { cause: error }) : error;
}

function plainFields(fields: Record<string, unknown>): Omit<ResourceRequest, 'text'> {
  const problems: Problem[] = [];
  const read = (name: string): Record<string, string> => {
    const value = Object.hasOwn(fields, name) ? oneString(fields[name] ?? undefined) : undefined;
    if (value === null) problems.push({ path: name, message: 'fields:oneValue' });
    return value ? { [name]: value } : {};
  };
  /** `true` from a script, any text from a checkbox or a button. */
  const readFlag = (name: string) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined || value === null || value === false || value === '' || value === 'false')
      return {};
    if (value !== true && typeof value !== 'string')
      problems.push({ path: name, message: 'fields:oneValue' });
    return { [name]: true };
  };
  const plain = ['connection', 'accountId', 'version', 'idempotencyKey'].map(read);
  const flags = ['format', 'sendAnyway'].map(readFlag);
  const action = read('action').action;
  const repair = actions.get(action ?? '');
  if (action !== undefined && repair === undefined)
    problems.push({ path: 'action', message: 'fields:checkAction' });
  if (problems.length > 0) throw new AppError('InvalidRequest', { details: problems });
  return Object.assign({}, ...plain, ...flags, repair && { repair });
}

/**
 * A form's field. Its bytes were decoded by the parser, which writes U+FFFD for what is no UTF-8; no record has that sign
 * for a reason.
 */
function fieldText(resource: unknown, language: Language): string | undefined {
  if (typeof resource !== 'string' || resource === '') return undefined;
  // A percent-encoded field whose bytes are no UTF-8 comes undecoded; no JSON begins like that.
  if (resource.startsWith('%')) {
    const bytes = resource.replaceAll(/%([0-9a-f]{2})/gi, (_, hexadecimal) =>
      String.fromCharCode(Number.parseInt(hexadecimal, 16)),
    );
    fileText(Buffer.from(bytes, 'latin1'), language);
  }
  const damaged = resource.indexOf('\ufffd');
  if (damaged >= 0) throw notUtf8(language, Buffer.byteLength(resource.slice(0, damaged)));
  // Forms end lines in CR LF (WHATWG HTML, multipart/form-data encoding), whatever was typed or pasted.
  return resource.replaceAll('\r\n', '\n');
}
