/**
 * The root of every error that this client throws, so that one `instanceof` recognises them all.
 * `cause` holds what led to it. Neither the error nor its causes hold a token, a key or a signed header:
 * they may be logged whole.
 */
export class DigiMeSDKError extends Error {
  static {
    // On the prototype, not on the instance: so the stack's first line has the name too.
    Object.defineProperty(DigiMeSDKError.prototype, 'name', { value: 'DigiMeSDKError' });
  }
}

/** An argument has a wrong type or shape, or is empty. Thrown before any request; the message names the argument. */
export class TypeValidationError extends DigiMeSDKError {
  static {
    Object.defineProperty(TypeValidationError.prototype, 'name', { value: 'TypeValidationError' });
  }
}

/** A file read from a library could not be decrypted or decompressed: wrong key, cut short, damaged or too large. */
export class FileDecryptionError extends DigiMeSDKError {
  static {
    Object.defineProperty(FileDecryptionError.prototype, 'name', { value: 'FileDecryptionError' });
  }
}

/** The `reference` of an error for which the platform gave none. */
export const unknownReference = 'Unknown reference';

/** What went wrong with an exchange. */
export interface ServerErrorDetails {
  /** The platform's code, or one of `clientErrorCodes` where the platform gave none. At most 100 characters. */
  code: string;
  /** One line, at most 500 characters. */
  message: string;
  /** The platform's reference for its support, at most 128 characters; `unknownReference` where there is none. */
  reference: string;
  /** HTTP status; 0 where no answer arrived. */
  statusCode: number;
  /** HTTP reason phrase; empty where no answer arrived. */
  statusMessage: string;
}

/** What else is known beside the details of an error. */
export interface ServerErrorContext {
  call?: string | undefined;
  request?: string | undefined;
  cause?: unknown;
  retryAfterMs?: number | undefined;
  responseBody?: unknown;
}

/**
 * The platform refused a call, or no usable answer came back. Decide by `error.code` and `error.statusCode`;
 * the table of codes is `clientErrorCodes`. `message` is `error.message`; `name` is `DigiMeServerError`.
 */
export class ServerError extends DigiMeSDKError {
  static {
    Object.defineProperty(ServerError.prototype, 'name', { value: 'DigiMeServerError' });
  }

  readonly error: ServerErrorDetails;
  /** The documented call that failed, such as `pushData`; for the platform's key set `jwks`. */
  declare readonly call?: string;
  /** The request that failed, without secrets, such as `POST permission-access/import`. */
  declare readonly request?: string;
  /** Milliseconds to wait, from the answer's `Retry-After` (seconds or HTTP date, RFC 9110 §10.2.3). */
  declare readonly retryAfterMs?: number;
  /** The JSON body of a refusal that is no digi.me error, such as a FHIR OperationOutcome. Not printed with the error. */
  declare readonly responseBody?: unknown;

  constructor(error: ServerErrorDetails, context: ServerErrorContext = {}) {
    super(error.message, context.cause === undefined ? undefined : { cause: context.cause });
    this.error = error;
    if (context.call !== undefined) this.call = context.call;
    if (context.request !== undefined) this.request = context.request;
    if (context.retryAfterMs !== undefined) this.retryAfterMs = context.retryAfterMs;
    if (context.responseBody !== undefined) {
      Object.defineProperty(this, 'responseBody', { value: context.responseBody });
    }
  }
}

/** The platform does not, or no longer, accept this client (`SDKInvalid`, `SDKVersionInvalid`): update it. */
export class SDKInvalidError extends ServerError {
  static {
    Object.defineProperty(SDKInvalidError.prototype, 'name', { value: 'SDKInvalidError' });
  }
}

/**
 * What a caller may conclude from a code:
 * - `arrived`: whether the platform may have acted on the request;
 * - `tryLater`: whether the same call may succeed later without anybody changing anything.
 */
export interface ErrorCodeFacts {
  arrived: 'no' | 'perhaps';
  tryLater: boolean;
}

/**
 * Every `ServerError.error.code` that this client gives where the platform gave none, and what follows from it.
 * A refusal that the platform explained carries the platform's own code (`InvalidToken`, `InvalidRedirectUri`,
 * `InvalidClient`, `InsufficientScope`, `ServiceAuthorizationError`, …) and its HTTP status instead.
 */
export const clientErrorCodes = {
  /** Nobody listens at the address. `statusCode` 0. */
  ConnectionRefused: { arrived: 'no', tryLater: true },
  /** The host's name has no address. `statusCode` 0. */
  HostNotFound: { arrived: 'no', tryLater: true },
  /** The certificate or the TLS handshake was refused by us. `statusCode` 0. */
  TlsFailed: { arrived: 'no', tryLater: false },
  /** The connection ended before an answer began. `statusCode` 0. */
  ConnectionReset: { arrived: 'perhaps', tryLater: true },
  /** Any other failure of the network, or an answer that is not HTTP; see `cause`. `statusCode` 0. */
  ConnectionFailed: { arrived: 'perhaps', tryLater: true },
  /** The deadline passed: `timeoutMs`, or for a push `pushTimeoutMs` without progress. The status, where one had arrived. */
  Timeout: { arrived: 'perhaps', tryLater: true },
  /** The caller's `AbortSignal` ended it; `cause` is the signal's reason. The status, where one had arrived. */
  Aborted: { arrived: 'perhaps', tryLater: false },
  /** The caller's `intercept` gave no answer; `cause` is what it rejected with. `statusCode` 0. */
  RequestWithheld: { arrived: 'perhaps', tryLater: false },
  /** The answer broke off: fewer bytes than announced, or JSON that ends early. The real status. */
  TruncatedResponse: { arrived: 'perhaps', tryLater: true },
  /** A 2xx answer of another content type than the call's (an HTML page, for instance). The real status. */
  UnexpectedContentType: { arrived: 'perhaps', tryLater: true },
  /** The answer is larger than `maxResponseBytes`. The real status. */
  ResponseTooLarge: { arrived: 'perhaps', tryLater: false },
  /** A 3xx answer; it is never followed. The real status. */
  RedirectNotFollowed: { arrived: 'perhaps', tryLater: false },
  /**
   * Below 300: the answer lacks what the protocol demands, is no JSON or is nested too deep. From 400 on: a refusal in no known form;
   * then decide by `statusCode`.
   */
  UnexpectedResponse: { arrived: 'perhaps', tryLater: false },
  /** A token in an answer is not signed by the platform's key, has expired, or names a foreign key set. The real status. */
  InvalidPlatformToken: { arrived: 'perhaps', tryLater: false },
  /** A refusal with a FHIR OperationOutcome, kept as `responseBody`; decide by `statusCode` (422: the resource is not valid). */
  OperationOutcome: { arrived: 'perhaps', tryLater: false },
  /** The token was refreshed and handed over, but a plain `Readable` cannot be sent twice: call again with a fresh one. */
  FileMustBeSentAgain: { arrived: 'no', tryLater: true },
  /** The file's stream gave more or fewer bytes than `fileSize`. The transfer was broken off. `statusCode` 0. */
  FileSizeMismatch: { arrived: 'no', tryLater: false },
  /** The file's stream failed or could not be opened; `cause` says why. The transfer was broken off. `statusCode` 0. */
  FileSourceFailed: { arrived: 'no', tryLater: true },
} as const satisfies Record<string, ErrorCodeFacts>;

/** One of the codes that this client gives by itself. */
export type ClientErrorCode = keyof typeof clientErrorCodes;
