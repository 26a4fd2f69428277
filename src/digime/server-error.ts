import { DigiMeSDKError } from './digime-sdk-error.js';

/** What went wrong with an exchange. */
export interface ServerErrorDetails {
  /** The platform's code, or one of `clientErrorCodes` where the platform gave none. */
  code: string;
  message: string;
  /** The platform's reference for its support; empty where there is none. */
  reference: string;
  /** HTTP status; 0 where no answer arrived. */
  statusCode: number;
  /** HTTP reason phrase; empty where no answer arrived. */
  statusMessage: string;
}

/** What else is known beside the details. */
export interface ServerErrorContext {
  cause?: unknown;
  retryAfterMs?: number | undefined;
  responseBody?: unknown;
}

/**
 * The platform refused a call, or no usable answer came back. Decide by `error.code` and `error.statusCode`;
 * the table of codes is `clientErrorCodes`.
 */
export class ServerError extends DigiMeSDKError {
  static {
    Object.defineProperty(ServerError.prototype, 'name', { value: 'ServerError' });
  }

  readonly error: ServerErrorDetails;
  /** Milliseconds to wait, from the answer's `Retry-After` (seconds or HTTP date, RFC 9110 §10.2.3). */
  declare readonly retryAfterMs?: number;
  /** The JSON body of a refusal that is no digi.me error, such as a FHIR OperationOutcome. Not printed with the error. */
  declare readonly responseBody?: unknown;

  constructor(message: string, error: ServerErrorDetails, context: ServerErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.error = error;
    if (context.retryAfterMs !== undefined) this.retryAfterMs = context.retryAfterMs;
    if (context.responseBody !== undefined) {
      Object.defineProperty(this, 'responseBody', { value: context.responseBody });
    }
  }
}
