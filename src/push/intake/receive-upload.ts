import type { Request } from 'express';
import { AppError, type ErrorCode } from '../../errors.js';
import {
  asSpoolError,
  type PayloadStore,
  type PayloadWriter,
  type StoredPayload,
} from '../../storage/index.js';
import { type PartHeader, type PartSink, readMultipart } from './multipart.js';

/** More than all the fields, part headers and boundaries of our form take. */
const overheadBytes = 128 * 1024;
const maxFieldBytes = 16 * 1024;
const maxParts = 13;

export const uploadFields = [
  'fileMeta',
  'connection',
  'idempotencyKey',
  'mimeType',
  'accountId',
  'reference',
  'tags',
] as const;
type UploadField = (typeof uploadFields)[number];
type UploadFields = Readonly<Partial<Record<UploadField, string>>>;

/** One multipart upload as it arrived: the file is in the spool already. */
export interface ReceivedUpload {
  readonly fileName: string;
  /** The part's own Content-Type; what a browser guessed. */
  readonly partType: string;
  readonly payload: StoredPayload;
  readonly fields: UploadFields;
}

/** What is known of an upload while it is still coming in. */
export interface UploadSoFar {
  readonly fields: UploadFields;
  /** The first bytes of the file, as soon as there are enough to tell its type. */
  readonly head: Buffer | undefined;
}

const refuse = (code: ErrorCode, field: string, message = `fields:${code}`) => {
  const path = field.slice(0, 100);
  return new AppError(code, { values: { field: path }, details: [{ path, message }] });
};

/**
 * Reads one `multipart/form-data` body: exactly one part `file` and the form's fields, in any order. The file is
 * streamed into the spool; whatever goes wrong, nothing of it stays there. Rejects as soon as the refusal is certain.
 * @param check is asked after each field, and once the file's first bytes are there; what it throws ends the upload
 * @throws AppError NotMultipart, MalformedMultipart, FileTooLarge, FileMissing, TooManyFiles, UnexpectedField,
 *   FieldTooLong, FileMetaInvalid, UploadAborted, StorageFull, StorageUnavailable; what `check` throws
 */
export async function receiveUpload(
  req: Request,
  spool: Pick<PayloadStore, 'createWriter'>,
  maxBytes: number,
  check: (upload: UploadSoFar) => Promise<void> | void = () => {},
): Promise<ReceivedUpload> {
  if (Number(req.get('content-length') ?? 0) > maxBytes + overheadBytes)
    throw new AppError('FileTooLarge', { values: { maxBytes } });
  const form = new UploadForm(() => spool.createWriter(maxBytes), check);
  // The page of the form shows them again after a refusal.
  req.body = form.fields;
  try {
    await readMultipart(req, maxBytes + overheadBytes, (header) => form.openPart(header));
    return form.result();
  } catch (error) {
    await form.discard();
    const known = asSpoolError(error);
    // The limit that is named is the file's, whichever of the two was hit.
    throw known instanceof AppError && known.code === 'FileTooLarge'
      ? new AppError('FileTooLarge', {
          cause: known,
          values: { maxBytes },
          details: [{ path: 'file', message: 'fields:FileTooLarge' }],
        })
      : known;
  }
}

/** The form while it comes in. */
class UploadForm {
  readonly #createWriter: () => PayloadWriter;
  readonly #check: (upload: UploadSoFar) => Promise<void> | void;
  readonly fields: Partial<Record<UploadField, string>> = {};
  #parts = 0;
  #file: { header: PartHeader; writer: PayloadWriter } | undefined;
  #head: Buffer | undefined;

  constructor(createWriter: () => PayloadWriter, check: (upload: UploadSoFar) => Promise<void> | void) {
    this.#createWriter = createWriter;
    this.#check = check;
  }

  /** @throws AppError UnexpectedField, TooManyFiles, FileMetaInvalid */
  openPart(header: PartHeader): PartSink {
    if (++this.#parts > maxParts) throw refuse('UnexpectedField', header.name);
    if (header.name === 'file' && (header.fileName !== undefined || isBytes(header)))
      return this.#openFile(header);
    const name = uploadFields.find((field) => field === header.name);
    if (name === undefined) throw refuse('UnexpectedField', header.name);
    if (this.fields[name] !== undefined) throw refuse('FileMetaInvalid', name, 'fields:oneValue');
    return this.#openField(name);
  }

  /** @throws AppError FileMissing */
  result(): ReceivedUpload {
    if (this.#file === undefined) throw refuse('FileMissing', 'file', 'fields:fileMissing');
    const { header, writer } = this.#file;
    return {
      fileName: header.fileName ?? '',
      partType: header.type,
      payload: writer.payload,
      fields: this.fields,
    };
  }

  /** Removes what was stored. Never rejects. */
  async discard(): Promise<void> {
    await this.#file?.writer.discard();
  }

  #openFile(header: PartHeader): PartSink {
    // A form whose file field was left empty sends a part without a name and without bytes.
    if (!header.fileName) return { write: () => undefined, end: () => undefined };
    if (this.#file !== undefined) throw refuse('TooManyFiles', 'file');
    const writer = this.#createWriter();
    this.#file = { header, writer };
    return {
      write: (chunk) => {
        const taken = writer.put(chunk);
        if (this.#head !== undefined || !writer.isHeadComplete) return taken;
        return taken === undefined ? this.#learnHead(writer) : taken.then(() => this.#learnHead(writer));
      },
      end: async () => {
        await writer.finish();
        if (this.#head === undefined) await this.#learnHead(writer);
      },
    };
  }

  async #learnHead(writer: PayloadWriter): Promise<void> {
    this.#head = writer.head;
    await this.#check({ fields: this.fields, head: this.#head });
  }

  #openField(name: UploadField): PartSink {
    const chunks: Buffer[] = [];
    let length = 0;
    return {
      write: (chunk) => {
        length += chunk.length;
        if (length > maxFieldBytes) throw refuse('FieldTooLong', name);
        chunks.push(chunk);
        return undefined;
      },
      end: async () => {
        this.fields[name] = Buffer.concat(chunks).toString('utf8');
        await this.#check({ fields: this.fields, head: this.#head });
      },
    };
  }
}

/** A part without a file name is a field, unless it says that it holds bytes. */
const isBytes = ({ type }: PartHeader) => type === 'application/octet-stream';
