import { randomHex } from './random.js';

/**
 * Code → status. The first eight codes are known from protocol.md ("Errors", "What real clients send and demand"); the
 * others are the sandbox's own choice (docs/sandbox.md, "What was assumed").
 */
const statuses = {
  InvalidToken: 401,
  InvalidRedirectUri: 400,
  InvalidClient: 401,
  InsufficientScope: 403,
  SDKInvalid: 403,
  SDKVersionInvalid: 403,
  ServiceAuthorizationError: 511,
  InvalidContractDataRequest: 400,
  InvalidRequest: 400,
  InvalidGrant: 400,
  NotFound: 404,
  RequestTimeout: 408,
  Conflict: 409,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  InvalidResource: 422,
  TooManyRequests: 429,
  InternalServerError: 500,
  BadGateway: 502,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
} as const;

export type RefusalCode = keyof typeof statuses;

const longestHeader = 1000;

export interface RefusalDetails {
  /** Where the platform answers this code with another status than usual. */
  status?: number;
  /** More members for the body beside `error`. */
  extra?: Record<string, unknown>;
}

/** A request that the platform turns down: the documented code, its status and what an integrator has to mend. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly reference = randomHex(8);
  readonly extra: Record<string, unknown>;

  constructor(code: RefusalCode, message: string, { status, extra = {} }: RefusalDetails = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = status ?? statuses[code];
    this.extra = extra;
  }

  /** The answer's body, in the shape of protocol.md, "Errors". */
  body(): Record<string, unknown> {
    const { code, message, reference } = this;
    return { error: { code, message, reference }, ...this.extra };
  }

  /** The same in headers, which is where the Android SDK looks (protocol.md, "What real clients send and demand"). */
  headers(): Record<string, string> {
    // A header holds visible ASCII only; what a client sent may be quoted in the message.
    const message = this.message.replace(/[^\x20-\x7e]/g, '?').slice(0, longestHeader);
    return { 'x-error-code': this.code, 'x-error-message': message, 'x-error-reference': this.reference };
  }
}

/** The code that digi.me would plausibly send with this status. */
export function codeForStatus(status: number): RefusalCode {
  if (status === 400 || status === 406) return 'InvalidRequest';
  if (status === 403) return 'InsufficientScope';
  const found = (Object.keys(statuses) as RefusalCode[]).find((code) => statuses[code] === status);
  return found ?? (status >= 500 ? 'InternalServerError' : 'InvalidRequest');
}
