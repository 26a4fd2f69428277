/**
 * Every error a person or a script can meet: code → status. The sentences (what happened, what to do next) are in
 * `web/words/{en,nl}/errors.json` under the same code, because they exist in two languages; a test holds the two
 * lists together.
 */
export const errorStatus = {
  InvalidRequest: 400,
  InvalidCallback: 400,
  StateUnknown: 400,
  StateUsed: 400,
  StateExpired: 400,
  ConsentCancelled: 400,
  ConsentFailed: 400,
  SessionLost: 400,
  DigimeUnreachable: 502,
  DigimeRefused: 502,
  CallWithheld: 409,
  TokenRefused: 401,
  AccountNotFound: 404,
  NotFound: 404,
  CrossSiteRequest: 403,
  AddressNotAllowed: 403,
  HostNotAllowed: 421,
  NotMultipart: 415,
  UnsupportedMediaType: 415,
  MalformedMultipart: 400,
  FileMissing: 422,
  FileEmpty: 422,
  TooManyFiles: 422,
  UnexpectedField: 422,
  FieldTooLong: 413,
  FileTooLarge: 413,
  FileMetaInvalid: 422,
  DescriptorTooLarge: 422,
  MimeTypeMismatch: 422,
  ProviderResourceInvalid: 422,
  ProviderResourceTooLarge: 413,
  QuotaExceeded: 413,
  StorageFull: 507,
  TooManyUploads: 503,
  TooManyRequests: 429,
  UploadTimeout: 408,
  UploadAborted: 400,
  IdempotencyConflict: 409,
  ConnectionNotFound: 404,
  ConnectionNeedsReauthorization: 409,
  PushNotRetryable: 409,
  PushNotCancellable: 409,
  StorageUnavailable: 503,
  ShuttingDown: 503,
  FileDecryptionError: 502,
  NewLibraryNeeded: 409,
  ReadContractMissing: 404,
  ContractMissing: 404,
  InternalError: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** One problem of a form's field or of `fileMeta`: where it is and what was expected there. */
export interface Problem {
  path: string;
  /** A sentence, or the key of one in `web/words`, filled with `values`. */
  message: string;
  values?: Record<string, string | number>;
}

export interface AppErrorOptions {
  /** Fills the placeholders of the sentence; `platformCode` also picks the platform's own sentence. */
  values?: Record<string, string | number>;
  details?: Problem[];
  /** Sent as `Retry-After`, whole seconds. */
  retryAfterSeconds?: number;
  /** The platform's code and reference, where digi.me was the one that refused. */
  platform?: { code: string; reference?: string };
  cause?: unknown;
}

/** An outcome that has its own answer. `code` is from the one table above; the sentence is chosen when it is shown. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly values: Record<string, string | number>;
  readonly details: Problem[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly platform: { code: string; reference?: string } | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = errorStatus[code];
    this.values = options.values ?? {};
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.platform = options.platform;
  }
}
