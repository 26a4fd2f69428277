import type { Request, Response } from 'express';
import type { Connection, Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import type { PayloadStore } from '../../storage/index.js';
import { oneString } from '../../web/index.js';
import type { PayloadSweeper } from '../ledger/payload-sweeper.js';
import type { Push } from '../push.js';
import { composeDescriptor, type FileDescriptor, parseFileMeta } from './file-meta.js';
import { safeFileName } from './file-name.js';
import { checkMimeType } from './mime-check.js';
import {
  chooseConnection,
  hashOf,
  idempotencyKeyOf,
  type PushDetails,
  type PushIntake,
} from './push-intake.js';
import { type ReceivedUpload, receiveUpload, type UploadSoFar } from './receive-upload.js';
import type { UploadGuard } from './upload-guard.js';

/** What `LibraryIntake` uses. */
interface LibraryIntakeParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly guard: UploadGuard;
  readonly intake: PushIntake;
  readonly spool: PayloadStore;
  readonly sweeper: Pick<PayloadSweeper, 'discard'>;
  readonly maxUploadBytes: number;
}

/** Takes files for the library in that come as `multipart/form-data`. */
export class LibraryIntake {
  readonly #parts: LibraryIntakeParts;

  constructor(parts: LibraryIntakeParts) {
    this.#parts = parts;
  }

  /**
   * Takes one upload in: streams it to the spool, checks it, and commits it to the ledger. When this resolves the push
   * is durable; when it rejects nothing of it is left.
   * @throws AppError with the reason; see `UploadGuard`, `receiveUpload`, `checkDescriptor`, `checkMimeType`
   */
  async accept(req: Request, res: Response, visitorId: string): Promise<Push> {
    const { guard, intake, spool, sweeper, maxUploadBytes } = this.#parts;
    const connections = await this.#parts.connections.listOf(visitorId);
    const named = oneString(req.query.connection) ?? undefined;
    // Refused before the body is read: without a connection there is nobody to push to.
    chooseConnection(connections, 'library', named);
    const check = new UploadCheck(req, connections, named);
    const discard = async ({ payload }: ReceivedUpload) => {
      if (payload.spoolName !== undefined) await sweeper.discard(payload.spoolName);
    };
    return intake.storeAndAccept(
      () =>
        guard.admit(
          req,
          res,
          visitorId,
          () => receiveUpload(req, spool, maxUploadBytes, (upload) => check.soFar(upload)),
          discard,
        ),
      (upload) => check.whole(upload),
    );
  }
}

/** Checks one upload: each part as soon as it is there, so that nobody sends 60 MB to learn about a missing comma. */
class UploadCheck {
  readonly #req: Request;
  readonly #connections: readonly Connection[];
  readonly #named: string | undefined;
  #descriptor: { readonly json: string; readonly value: FileDescriptor } | undefined;
  #checkedType: string | undefined;

  constructor(req: Request, connections: readonly Connection[], named: string | undefined) {
    this.#req = req;
    this.#connections = connections;
    this.#named = named;
  }

  async soFar({ fields, head }: UploadSoFar): Promise<void> {
    if (fields.connection) this.#connectionOf(fields);
    if (fields.idempotencyKey) idempotencyKeyOf(this.#req, fields.idempotencyKey);
    // Without it the description is made of single fields, which may not all be there yet.
    if (!fields.fileMeta?.trim()) return;
    const { mimeType } = this.#parse(fields.fileMeta);
    if (head !== undefined && head.length > 0) await this.#checkType(mimeType, head);
  }

  async whole(upload: ReceivedUpload): Promise<PushDetails> {
    const { fields, payload } = upload;
    const connection = this.#connectionOf(fields);
    const idempotencyKey = idempotencyKeyOf(this.#req, fields.idempotencyKey);
    const descriptor = fields.fileMeta?.trim() ? this.#parse(fields.fileMeta) : descriptorOf(upload);
    if (payload.size === 0)
      throw new AppError('FileEmpty', { details: [{ path: 'file', message: 'fields:fileEmpty' }] });
    await this.#checkType(descriptor.mimeType, payload.head);
    const fileName = safeFileName(upload.fileName);
    return {
      connection,
      type: 'library',
      fileName,
      descriptor,
      idempotencyKey,
      contentHash: hashOf(connection.id, fileName, payload.sha256, JSON.stringify(descriptor)),
    };
  }

  #connectionOf(fields: ReceivedUpload['fields']): Connection {
    return chooseConnection(this.#connections, 'library', fields.connection || this.#named);
  }

  #parse(json: string): FileDescriptor {
    if (this.#descriptor?.json !== json) this.#descriptor = { json, value: parseFileMeta(json) };
    return this.#descriptor.value;
  }

  async #checkType(mimeType: string, head: Buffer): Promise<void> {
    if (this.#checkedType === mimeType) return;
    await checkMimeType(mimeType, head);
    this.#checkedType = mimeType;
  }
}

/** The description of a form that was sent without scripts. */
function descriptorOf({ fields, partType }: ReceivedUpload): FileDescriptor {
  if (fields.accountId === undefined)
    throw new AppError('FileMetaInvalid', {
      details: [{ path: 'fileMeta', message: 'fields:fileMetaMissing' }],
    });
  return composeDescriptor(fields, partType);
}
