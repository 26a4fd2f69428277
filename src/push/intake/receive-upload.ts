import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import multer, { MulterError, type Options, type StorageEngine } from 'multer';
import { AppError, type ErrorCode } from '../../errors.js';
import { asSpoolError, type PayloadWriter, type Spool, type StoredPayload } from '../../storage/index.js';

/** More than all the fields, part headers and boundaries of our form take. */
const overheadBytes = 128 * 1024;
const maxFieldBytes = 16 * 1024;

export const uploadFields = [
  'fileMeta',
  'connection',
  'idempotencyKey',
  'mimeType',
  'accountId',
  'reference',
  'tags',
] as const;

/** One multipart upload as it arrived: the file is in the spool already. */
export interface ReceivedUpload {
  readonly fileName: string;
  /** The part's own Content-Type; what a browser guessed. */
  readonly partType: string;
  readonly payload: StoredPayload;
  readonly fields: Readonly<Partial<Record<(typeof uploadFields)[number], string>>>;
}

interface SpooledFile {
  payload: StoredPayload;
}

const codeOf: Partial<Record<string, ErrorCode>> = {
  LIMIT_FILE_SIZE: 'FileTooLarge',
  LIMIT_FILE_COUNT: 'TooManyFiles',
  LIMIT_FIELD_VALUE: 'FieldTooLong',
  LIMIT_FIELD_KEY: 'UnexpectedField',
  LIMIT_FIELD_COUNT: 'UnexpectedField',
  LIMIT_PART_COUNT: 'UnexpectedField',
  LIMIT_FIELD_NESTING: 'UnexpectedField',
  LIMIT_FIELD_ARRAY_INDEX: 'UnexpectedField',
  INVALID_FIELD_NAME: 'UnexpectedField',
  MISSING_FIELD_NAME: 'UnexpectedField',
};

function asUploadError(error: unknown, maxBytes: number): unknown {
  if (error instanceof MulterError) {
    const code = codeOf[error.code] ?? 'MalformedMultipart';
    const field = (error.field ?? '').slice(0, 100);
    return new AppError(code, {
      cause: error,
      values: { maxBytes, field },
      ...(field && { details: [{ path: field, message: `fields:${code}` }] }),
    });
  }
  const known = asSpoolError(error);
  if (known instanceof AppError) return known;
  // What remains comes from busboy: no boundary, bad part headers, a body that ends early.
  return error instanceof Error ? new AppError('MalformedMultipart', { cause: error }) : error;
}

/** Each file goes straight into a `PayloadWriter`; `refuse` is told of a failure before multer has drained the body. */
class SpoolStorage implements StorageEngine {
  readonly #spool: Spool;
  readonly #maxBytes: number;
  readonly #began: (writer: PayloadWriter) => void;
  readonly #refuse: (error: unknown) => void;

  constructor(
    spool: Spool,
    maxBytes: number,
    began: (writer: PayloadWriter) => void,
    refuse: (error: unknown) => void,
  ) {
    this.#spool = spool;
    this.#maxBytes = maxBytes;
    this.#began = began;
    this.#refuse = refuse;
  }

  _handleFile(
    _req: Request,
    file: Express.Multer.File,
    callback: (error?: unknown, info?: Partial<Express.Multer.File>) => void,
  ): void {
    const writer = this.#spool.createWriter(this.#maxBytes);
    this.#began(writer);
    pipeline(file.stream, writer).then(
      () => callback(null, { payload: writer.payload } as Partial<Express.Multer.File>),
      (error) => {
        this.#refuse(error);
        callback(error);
      },
    );
  }

  _removeFile(_req: Request, file: Express.Multer.File, callback: (error: Error | null) => void): void {
    const { spoolName } = (file as unknown as SpooledFile).payload;
    (spoolName === undefined ? Promise.resolve() : this.#spool.discard(spoolName)).then(
      () => callback(null),
      callback,
    );
  }
}

/**
 * Pipes the body into the parser and refuses at the first limit that is hit: multer reads the rest of the body before
 * it says so, and a chunked body need not end.
 */
function feed(req: Request, parser: Writable, maxBytes: number, refuse: (error: unknown) => void): void {
  let bytes = 0;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes + overheadBytes) refuse(new MulterError('LIMIT_FILE_SIZE', 'file'));
  });
  parser.once('filesLimit', () => refuse(new MulterError('LIMIT_FILE_COUNT', 'file')));
  parser.once('fieldsLimit', () => refuse(new MulterError('LIMIT_FIELD_COUNT')));
  parser.once('partsLimit', () => refuse(new MulterError('LIMIT_PART_COUNT')));
  parser.once('error', refuse);
  req.pipe(parser);
}

function assertMultipart(req: Request, maxBytes: number): void {
  if (!req.is('multipart/form-data')) throw new AppError('NotMultipart');
  if (Number(req.get('content-length') ?? 0) > maxBytes + overheadBytes)
    throw new AppError('FileTooLarge', { values: { maxBytes } });
}

/**
 * Reads one `multipart/form-data` body: exactly one part `file` and the form's fields, in any order. The file is
 * streamed into the spool; whatever goes wrong, nothing of it stays there. Rejects as soon as the refusal is certain:
 * the rest of the body is then read and thrown away, for a few seconds at most (`lingeringClose`).
 * @throws AppError NotMultipart, MalformedMultipart, FileTooLarge, FileMissing, TooManyFiles, UnexpectedField,
 *   FieldTooLong, UploadAborted, StorageFull, StorageUnavailable
 */
export async function receiveUpload(
  req: Request,
  res: Response,
  spool: Spool,
  maxBytes: number,
): Promise<ReceivedUpload> {
  assertMultipart(req, maxBytes);
  // Gone while the session and the quota were looked up: nothing would ever tell of its end any more.
  if (req.destroyed) throw new AppError('UploadAborted');
  const files = await new Promise<Express.Multer.File[]>((resolve, reject) => {
    const writers: PayloadWriter[] = [];
    const storage = new SpoolStorage(spool, maxBytes, (writer) => writers.push(writer), reject);
    const parse = multer({
      storage,
      limits: {
        fieldNameSize: 100,
        fieldSize: maxFieldBytes,
        fields: 12,
        files: 1,
        parts: 13,
        headerPairs: 40,
        fieldNestingDepth: 0,
        fieldArrayIndexLimit: 0,
        fileSize: maxBytes,
      },
      defParamCharset: 'utf8',
      fileFilter: (_req, file, accept) => {
        if (file.fieldname === 'file') return accept(null, true);
        const unexpected = unexpectedField(file.fieldname);
        reject(unexpected);
        accept(unexpected);
      },
      streamHandler: (_req: Request, parser: Writable) => feed(req, parser, maxBytes, reject),
    } as Options).any();
    req.once('close', () => {
      if (req.complete) return;
      const aborted = new AppError('UploadAborted');
      for (const writer of writers) writer.destroy(aborted);
      reject(aborted);
    });
    parse(req, res, (error?: unknown) =>
      error ? reject(error) : resolve((req.files ?? []) as Express.Multer.File[]),
    );
  }).catch((error) => {
    throw asUploadError(error, maxBytes);
  });
  const file = files[0];
  try {
    const fields = readFields(req.body);
    if (file === undefined)
      throw new AppError('FileMissing', { details: [{ path: 'file', message: 'fields:fileMissing' }] });
    return {
      fileName: file.originalname,
      partType: file.mimetype,
      payload: (file as unknown as SpooledFile).payload,
      fields,
    };
  } catch (error) {
    const spoolName = file && (file as unknown as SpooledFile).payload.spoolName;
    if (spoolName !== undefined) await spool.discard(spoolName);
    throw error;
  }
}

const unexpectedField = (name: string) =>
  new AppError('UnexpectedField', {
    values: { field: name.slice(0, 100) },
    details: [{ path: name.slice(0, 100), message: 'fields:UnexpectedField' }],
  });

function readFields(body: Record<string, unknown>): ReceivedUpload['fields'] {
  const fields: Partial<Record<(typeof uploadFields)[number], string>> = {};
  for (const [name, value] of Object.entries(body)) {
    const known = uploadFields.find((field) => field === name);
    if (known === undefined) throw unexpectedField(name);
    if (typeof value !== 'string')
      throw new AppError('FileMetaInvalid', { details: [{ path: known, message: 'fields:oneValue' }] });
    fields[known] = value;
  }
  return fields;
}
