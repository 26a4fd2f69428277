import { FileDecryptionError, ServerError, unknownReference } from '../digime/index.js';
import { AppError, type ErrorCode } from '../errors.js';
import { asStorageError } from '../storage/index.js';

/**
 * Whether digi.me said that the token itself, not one account behind it, is no longer good: the person must authorize
 * again (`protocol.md`, "Errors": 511 is about one account at its provider). Takes errors of the client and of the app.
 */
export function isTokenRefusal(error: unknown): boolean {
  if (error instanceof AppError) return error.platform?.code === 'InvalidToken';
  return error instanceof ServerError && error.error.code === 'InvalidToken';
}

/**
 * The one place where errors of the digi.me client become errors of the app: no answer at all is `DigimeUnreachable`,
 * a token that is no longer good `TokenRefused`, any other refusal `DigimeRefused`, with the platform's code and
 * reference kept for the page.
 */
export function asAppError(error: unknown): unknown {
  if (error instanceof FileDecryptionError) return new AppError('FileDecryptionError', { cause: error });
  if (!(error instanceof ServerError)) return asStorageError(error);
  const { code, reference, statusCode } = error.error;
  const platform = { code, ...(reference !== unknownReference && { reference }) };
  return new AppError(appCode(code, statusCode), { cause: error, platform, values: { platformCode: code } });
}

function appCode(code: string, statusCode: number): ErrorCode {
  if (code === 'RequestWithheld') return 'CallWithheld';
  if (code === 'InvalidToken' || code === 'ServiceAuthorizationError') return 'TokenRefused';
  return statusCode === 0 || statusCode >= 500 ? 'DigimeUnreachable' : 'DigimeRefused';
}
