import {
  SDKInvalidError,
  ServerError,
  type ServerErrorDetails,
  TypeValidationError,
} from '../../digime/index.js';

/** An error on its way between threads, which keep neither its class nor what else it holds. */
export interface PlainError {
  readonly kind: 'server' | 'client-outdated' | 'argument' | 'other';
  readonly message: string;
  readonly server?: {
    readonly error: ServerErrorDetails;
    readonly call?: string | undefined;
    readonly request?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly responseBody?: unknown;
  };
}

/** Makes an error ready to be sent. What led to it stays behind: nobody decides by it. */
export function plainError(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TypeValidationError) return { kind: 'argument', message };
  if (!(error instanceof ServerError)) return { kind: 'other', message };
  const { call, request, retryAfterMs, responseBody } = error;
  return {
    kind: error instanceof SDKInvalidError ? 'client-outdated' : 'server',
    message,
    server: { error: { ...error.error }, call, request, retryAfterMs, responseBody },
  };
}

/** The error that `plainError` was made of, as far as it went along. */
export function errorFrom({ kind, message, server }: PlainError): Error {
  if (kind === 'argument') return new TypeValidationError(message);
  if (server === undefined) return new Error(message);
  const { error, ...context } = server;
  return new (kind === 'client-outdated' ? SDKInvalidError : ServerError)(error, context);
}
