import type { Request, Response } from 'express';
import type { Connection, Connections } from '../../connections/index.js';
import { AppError } from '../../errors.js';
import type { Spool } from '../../storage/index.js';
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
import { type ReceivedUpload, receiveUpload } from './receive-upload.js';
import type { UploadGuard } from './upload-guard.js';

/** What `LibraryIntake` uses. */
interface LibraryIntakeParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly guard: UploadGuard;
  readonly intake: PushIntake;
  readonly spool: Spool;
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
    const receive = () => receiveUpload(req, res, spool, maxUploadBytes);
    const discard = async ({ payload }: ReceivedUpload) => {
      if (payload.spoolName !== undefined) await sweeper.discard(payload.spoolName);
    };
    return intake.storeAndAccept(
      () => guard.admit(req, res, visitorId, receive, discard),
      (upload) =>
        describe(req, chooseConnection(connections, 'library', upload.fields.connection || named), upload),
    );
  }
}

async function describe(req: Request, connection: Connection, upload: ReceivedUpload): Promise<PushDetails> {
  const { fields, payload } = upload;
  const idempotencyKey = idempotencyKeyOf(req, fields.idempotencyKey);
  const descriptor = descriptorOf(upload);
  if (payload.size === 0)
    throw new AppError('FileEmpty', { details: [{ path: 'file', message: 'fields:fileEmpty' }] });
  await checkMimeType(descriptor.mimeType, payload.head);
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

function descriptorOf({ fields, partType }: ReceivedUpload): FileDescriptor {
  if (fields.fileMeta !== undefined && fields.fileMeta.trim() !== '') return parseFileMeta(fields.fileMeta);
  if (fields.accountId === undefined)
    throw new AppError('FileMetaInvalid', {
      details: [{ path: 'fileMeta', message: 'fields:fileMetaMissing' }],
    });
  return composeDescriptor(fields, partType);
}
