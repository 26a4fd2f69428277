import { FileDecryptionError, ServerError } from '../digime/index.js';
import { AppError } from '../errors.js';
import { asAppError } from '../web/index.js';

/** Codes of the client for an answer with a good status whose content is not a whole encrypted file. */
const notAWholeFile = new Set([
  'TruncatedResponse',
  'UnexpectedResponse',
  'UnexpectedContentType',
  'ResponseTooLarge',
]);

/**
 * Turns a failure of reading a file into an `AppError`: a wrong key, a body cut short and a wrong length are all
 * `FileDecryptionError`, a file that digi.me does not have is `NotFound`.
 */
export function asReadError(error: unknown): unknown {
  if (error instanceof FileDecryptionError)
    return new AppError('FileDecryptionError', {
      cause: error,
      platform: { code: 'FileDecryptionError' },
      values: { platformCode: 'FileDecryptionError' },
    });
  if (!(error instanceof ServerError)) return asAppError(error);
  const { code, statusCode } = error.error;
  if (statusCode === 404) return new AppError('NotFound', { cause: error });
  if (statusCode >= 200 && statusCode < 300 && notAWholeFile.has(code))
    return new AppError('FileDecryptionError', {
      cause: error,
      platform: { code },
      values: { platformCode: code },
    });
  return asAppError(error);
}
