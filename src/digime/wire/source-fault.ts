import type { ClientErrorCode } from './client-error-codes.js';

/** Inside the client only: the file to be sent failed, not the platform. Becomes a `ServerError` at the edge. */
export class SourceFault extends Error {
  readonly code: ClientErrorCode;

  constructor(code: 'FileSourceFailed' | 'FileSizeMismatch', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
