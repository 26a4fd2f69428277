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
   * Below 300: the answer lacks what the protocol demands. From 400 on: a refusal in no known form;
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
