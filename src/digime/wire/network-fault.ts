import type { ClientErrorCode } from '../errors.js';

/** Inside the client only: why an exchange ended without a usable answer. Becomes a `ServerError` at the edge. */
export class NetworkFault extends Error {
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Inside the client only: the file to be sent failed, not the platform. Becomes a `ServerError` at the edge. */
export class SourceFault extends Error {
  readonly code: ClientErrorCode;

  constructor(code: 'FileSourceFailed' | 'FileSizeMismatch', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const codesBySystemError: Readonly<Record<string, ClientErrorCode>> = {
  ECONNREFUSED: 'ConnectionRefused',
  ENOTFOUND: 'HostNotFound',
  EAI_AGAIN: 'HostNotFound',
  ECONNRESET: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
  ECONNABORTED: 'ConnectionReset',
  ETIMEDOUT: 'Timeout',
};

/** The fault behind an error of the network before an answer began. */
export function connectionFault(error: unknown): NetworkFault {
  const systemCode = codeOf(error);
  const code = codesBySystemError[systemCode] ?? (isTlsCode(systemCode) ? 'TlsFailed' : 'ConnectionFailed');
  return new NetworkFault(code, messageOf(error), cleanCause(error));
}

/** The fault behind an error in the middle of an answer. */
export function answerFault(error: unknown): NetworkFault {
  const systemCode = codeOf(error);
  const damaged = systemCode.startsWith('Z_') && systemCode !== 'Z_BUF_ERROR';
  return damaged || systemCode.startsWith('ERR__ERROR')
    ? new NetworkFault('UnexpectedResponse', 'its compressed body is damaged', cleanCause(error))
    : new NetworkFault('TruncatedResponse', 'the answer broke off', cleanCause(error));
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH)/.test(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'the connection failed';
}

/**
 * The cause without what the libraries hang on their errors: the request with its Authorization header (axios),
 * the raw bytes received (Node's HTTP parser).
 */
function cleanCause(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const inner = error.cause instanceof Error ? error.cause : error;
  const cause = new Error(inner.message === '' ? messageOf(error) : inner.message);
  for (const key of ['code', 'errno', 'syscall', 'address', 'port'] as const) {
    const value = (inner as unknown as Record<string, unknown>)[key];
    if (typeof value === 'string' || typeof value === 'number') Object.assign(cause, { [key]: value });
  }
  return cause;
}
